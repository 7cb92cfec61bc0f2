import type { Dispatcher } from 'undici';
import { type HeaderFields as Fields, isHarmlessField } from '../../targets/header-field.ts';
import { VERSION } from '../../util/version.ts';
import type { ClientPool } from '../connection/connection-pool.ts';
import { createRouter } from '../connection/routing.ts';
import { AttemptTimeouts, SpeedLimit } from '../connection/time-limits.ts';
import type { DownloadOptions } from '../options.ts';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import type { Hop } from './redirect.ts';

/**
 * Receive buffer of all bodies together, and of each: one large file needs a large buffer to be fast;
 * sixteen are faster with small ones, and take half the memory.
 */
const QUEUES_TOTAL_BYTES = 2 * 1024 * 1024;
const QUEUE_MAX_BYTES = 1024 * 1024;
/** More than the reader collects before a write: see `BATCH_BYTES`. */
const QUEUE_MIN_BYTES = 128 * 1024;

export interface HttpClient {
	/**
	 * Sends a GET request.
	 *
	 * @param extra - Additional fields for this request, names in lower case.
	 * @param isRepeated - Uses a new connection.
	 */
	send(hop: Hop, extra: Fields | undefined, isRepeated?: boolean): Exchange;
	/** Closes an idle connection, if there is one, to free a file descriptor. */
	closeIdle(): void;
	/** Closes every connection; requests in flight fail. */
	close(): Promise<void>;
}

/**
 * Creates the client for all origins, direct or through proxies.
 *
 * @param slots - Maximum number of requests in flight.
 * @param signal - Aborts every exchange.
 */
export function openHttpClient(
	options: DownloadOptions,
	slots: number,
	signal: AbortSignal,
): HttpClient {
	const router = createRouter(options, slots);
	const buildFields = requestFields(options);
	// Not a Set: hash tables that it outgrows retain their entries, with all header fields of each
	// response, until the next full garbage collection; 2 kB per file.
	const inFlight: Exchange[] = [];
	const timeouts =
		options.maxTimeMs === undefined ? undefined : new AttemptTimeouts(inFlight, options.maxTimeMs);
	const speedLimit =
		options.speedLimitBytesPerSecond > 0 ? new SpeedLimit(inFlight, options) : undefined;
	const owners = new Map<ClientPool, ExchangeOwner>();
	const ownerFor = (clients: ClientPool): ExchangeOwner => {
		const owner = owners.get(clients) ?? {
			get queueBytes() {
				return Math.min(QUEUES_TOTAL_BYTES / inFlight.length, QUEUE_MAX_BYTES) + QUEUE_MIN_BYTES;
			},
			onEnd: (exchange) => swapRemove(inFlight, exchange),
			onFree: (client) => clients.release(client),
		};
		owners.set(clients, owner);
		return owner;
	};

	const abortAll = () => {
		for (const exchange of [...inFlight]) {
			exchange.abort(abortReason(signal));
		}
	};
	signal.addEventListener('abort', abortAll, { once: true });

	return {
		send(hop, extra, isRepeated) {
			const { clients, origin, path, headers, proxy } = router.route(hop.url);
			const fields = buildFields(hop, extra);
			const request: Dispatcher.DispatchOptions = {
				method: 'GET',
				path,
				headers: headers === undefined ? fields : { ...headers, ...fields },
			};
			const client = clients.acquire(origin, isRepeated);
			const exchange = new Exchange(client, ownerFor(clients), proxy?.host);
			inFlight.push(exchange);
			timeouts?.watch();
			speedLimit?.watch();
			client.dispatch(request, exchange);
			if (signal.aborted) {
				exchange.abort(abortReason(signal));
			}
			return exchange;
		},
		closeIdle() {
			router.closeIdle();
		},
		async close() {
			signal.removeEventListener('abort', abortAll);
			timeouts?.close();
			speedLimit?.close();
			await router.close();
		},
	};
}

/** Moves the last one into the gap, as order does not matter. */
function swapRemove(exchanges: Exchange[], exchange: Exchange): void {
	const last = exchanges.pop();
	if (last !== undefined && last !== exchange) {
		exchanges[exchanges.indexOf(exchange)] = last;
	}
}

function abortReason(signal: AbortSignal): Error {
	return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

function requestFields(options: DownloadOptions): (hop: Hop, extra: Fields | undefined) => Fields {
	const { 'proxy-authorization': proxyAuthorization, ...given } = options.headers;
	const fields = {
		'user-agent': `flagdl/${VERSION}`,
		accept: '*/*',
		// A small file gains nothing from gzip; unencoded, `Content-Length` and digests are those of the file.
		'accept-encoding': options.compressed ? 'gzip, deflate, br' : 'identity',
	};
	// Fields of `-H` that are also sent to other origins after a redirect.
	const harmless = Object.entries(given).filter(([name]) => isHarmlessField(name));
	// With a proxy this field goes only to the proxy; without one it is sent like any other.
	const forOrigin = options.proxy === undefined && proxyAuthorization !== undefined;
	const crossOrigin: Fields = { ...fields, ...Object.fromEntries(harmless) };
	const listedOrigin: Fields = {
		...fields,
		...given,
		...(forOrigin && { 'proxy-authorization': proxyAuthorization }),
	};
	return ({ isListed, authorization, cookie }, extra) => {
		const base = isListed ? listedOrigin : crossOrigin;
		if (extra === undefined && authorization === undefined && cookie === undefined) {
			return base;
		}
		return {
			...(authorization !== undefined && { authorization }),
			...(cookie !== undefined && { cookie }),
			...base,
			...extra,
		};
	};
}
