import type { Dispatcher } from 'undici';
import { type HeaderFields as Fields, isHarmlessField } from '../../targets/header-field.ts';
import { VERSION } from '../../util/version.ts';
import type { ClientPool } from '../connection/connection-pool.ts';
import { openNetwork } from '../connection/routing.ts';
import { AttemptTimeouts, SpeedLimit } from '../connection/time-limits.ts';
import type { DownloadOptions } from '../options.ts';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import type { Hop } from './redirect.ts';

/**
 * What may be queued of all bodies together, and of each: a single large file is fast with much,
 * sixteen of them are faster, and take half the memory, with little.
 */
const QUEUES_BYTES = 2 * 1024 * 1024;
const QUEUE_MAX_BYTES = 1024 * 1024;
/** More than is waited for before a write: see `BATCH_BYTES`. */
const QUEUE_MIN_BYTES = 128 * 1024;

export interface HttpClient {
	/**
	 * Sends a GET request.
	 *
	 * @param own - Further fields of this one, names in lower case.
	 * @param isRepeated - On a connection of its own.
	 */
	send(hop: Hop, own: Fields | undefined, isRepeated?: boolean): Exchange;
	/** Closes a connection that is not in use, if there is one: the process has no descriptor left. */
	closeIdle(): void;
	/** Closes every connection. What is in flight fails. */
	close(): Promise<void>;
}

/**
 * Asks all origins, directly or through proxies.
 *
 * @param slots - Requests in flight at once.
 * @param signal - Ends every exchange when aborted.
 */
export function openHttpClient(
	options: DownloadOptions,
	slots: number,
	signal: AbortSignal,
): HttpClient {
	const network = openNetwork(options, slots);
	const fieldsOf = requestFields(options);
	// No Set: the tables that it outgrows keep what was in them until the next full garbage collection,
	// and all header fields of each response with it; 2 kB a file.
	const inFlight: Exchange[] = [];
	const timeouts =
		options.maxTimeMs === undefined ? undefined : new AttemptTimeouts(inFlight, options.maxTimeMs);
	const speedLimit =
		options.speedLimitBytesPerSecond > 0 ? new SpeedLimit(inFlight, options) : undefined;
	const ownerOf = (clients: ClientPool): ExchangeOwner => ({
		get queueBytes() {
			return Math.min(QUEUES_BYTES / inFlight.length, QUEUE_MAX_BYTES) + QUEUE_MIN_BYTES;
		},
		onEnd: (exchange) => remove(inFlight, exchange),
		onFree: (client) => clients.giveBack(client),
	});
	const owners = new Map<ClientPool, ExchangeOwner>();
	const ownerFor = (clients: ClientPool): ExchangeOwner => {
		const owner = owners.get(clients) ?? ownerOf(clients);
		owners.set(clients, owner);
		return owner;
	};
	const directly = ownerOf(network.direct);

	const abortAll = () => {
		for (const exchange of [...inFlight]) {
			exchange.abort(abortReason(signal));
		}
	};
	signal.addEventListener('abort', abortAll, { once: true });

	return {
		send(hop, own, isRepeated) {
			const { clients, origin, path, headers, proxy } = network.route(hop.url);
			const fields = fieldsOf(hop, own);
			const request: Dispatcher.DispatchOptions = {
				method: 'GET',
				path,
				headers: headers === undefined ? fields : { ...headers, ...fields },
			};
			const client = clients.take(origin, isRepeated);
			const owner = clients === network.direct ? directly : ownerFor(clients);
			const exchange = new Exchange(client, owner, proxy?.host);
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
			network.closeIdle();
		},
		async close() {
			signal.removeEventListener('abort', abortAll);
			timeouts?.close();
			speedLimit?.close();
			await network.close();
		},
	};
}

/** The last takes its place: their order is of no interest. */
function remove(exchanges: Exchange[], exchange: Exchange): void {
	const last = exchanges.pop();
	if (last !== undefined && last !== exchange) {
		exchanges[exchanges.indexOf(exchange)] = last;
	}
}

function abortReason(signal: AbortSignal): Error {
	return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

function requestFields(options: DownloadOptions): (hop: Hop, own: Fields | undefined) => Fields {
	const { 'proxy-authorization': forProxy, ...given } = options.headers;
	const fields = {
		'user-agent': `flagdl/${VERSION}`,
		accept: '*/*',
		// A small file gains nothing from gzip, and its length and digest are those of the file.
		'accept-encoding': options.compressed ? 'gzip, deflate, br' : 'identity',
	};
	// Fields of `-H` that go along where a redirect leads.
	const harmless = Object.entries(given).filter(([name]) => isHarmlessField(name));
	// Without a proxy it is a field like any other; with one it is for the proxy alone.
	const forOrigin = options.proxy === undefined && forProxy !== undefined;
	const crossOrigin: Fields = { ...fields, ...Object.fromEntries(harmless) };
	const listedOrigin: Fields = {
		...fields,
		...given,
		...(forOrigin && { 'proxy-authorization': forProxy }),
	};
	return ({ isListed, authorization, cookie }, own) => {
		const usual = isListed ? listedOrigin : crossOrigin;
		if (own === undefined && authorization === undefined && cookie === undefined) {
			return usual;
		}
		return {
			...(authorization !== undefined && { authorization }),
			...(cookie !== undefined && { cookie }),
			...usual,
			...own,
		};
	};
}
