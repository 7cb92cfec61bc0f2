import type { Socket } from 'node:net';
import { Agent, buildConnector, Client, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { VERSION } from '../util/version.ts';
import { type Connection, Exchange } from './exchange.ts';
import type { DownloadOptions } from './options.ts';
import { nowMs } from './outcome.ts';

/** Node gives each address 250 ms; on a slow network that fails hosts that are well. */
const ATTEMPT_TIMEOUT_MS = 2_000;

/** Credentials are for the origin they were given for: curl and browsers do the same. */
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization']);

export interface HttpClient {
	/**
	 * Sends a GET request.
	 *
	 * @param headers - Further fields, names in lower case.
	 * @param home - Whether this is an origin that the user's credentials are meant for.
	 */
	send(url: URL, headers: Readonly<Record<string, string>>, home: boolean): Exchange;
	/** Closes every connection. What is in flight fails. */
	close(): Promise<void>;
}

/**
 * Connections to all origins: one pool of undici for each, kept alive, no pipelining.
 *
 * @param connections - Per origin, at most.
 * @param signal - Ends every exchange when aborted.
 */
export function openHttpClient(
	options: DownloadOptions,
	connections: number,
	signal: AbortSignal,
): HttpClient {
	const agent = openAgent(options, connections);
	const inFlight = new Set<Exchange>();
	const fields = {
		'user-agent': `flagdl/${VERSION}`,
		accept: '*/*',
		// A small file gains nothing from gzip, and its length and digest are those of the file.
		'accept-encoding': 'identity',
		...options.headers,
	};
	const fieldsAbroad = Object.fromEntries(
		Object.entries(fields).filter(([name]) => !CREDENTIALS.has(name)),
	);

	const abortAll = () => {
		for (const exchange of inFlight) exchange.abort(abortReason(signal));
	};
	signal.addEventListener('abort', abortAll, { once: true });

	return {
		send(url, headers, home) {
			const tracked: Tracked = {
				origin: url.origin,
				path: url.pathname + url.search,
				method: 'GET',
				headers: { ...(home ? fields : fieldsAbroad), ...headers },
				client: undefined,
			};
			const exchange = new Exchange(
				() => tracked.client?.connection,
				(ended) => inFlight.delete(ended),
			);
			inFlight.add(exchange);
			agent.dispatch(tracked, exchange);
			if (signal.aborted) exchange.abort(abortReason(signal));
			return exchange;
		},
		async close() {
			signal.removeEventListener('abort', abortAll);
			await agent.destroy();
		},
	};
}

function abortReason(signal: AbortSignal): Error {
	return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

function openAgent(options: DownloadOptions, connections: number): Dispatcher {
	const tls = {
		rejectUnauthorized: !options.insecure,
		...(options.caCertificates !== undefined && { ca: options.caCertificates }),
	};
	const timeouts = { headersTimeout: options.stallTimeMs, bodyTimeout: options.stallTimeMs };
	const connecting = {
		...tls,
		timeout: options.connectTimeoutMs,
		autoSelectFamily: true,
		autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
	};
	if (options.proxy !== undefined) {
		return new EnvHttpProxyAgent({
			...timeouts,
			...options.proxy,
			connections,
			connect: connecting,
			requestTls: tls,
			proxyTls: tls,
		});
	}
	const connect = buildConnector(connecting);
	return new Agent({
		factory: (origin) =>
			new Pool(origin, {
				connections,
				factory: (url) => new TrackedClient(url, timeouts, connect),
			}),
	});
}

interface Tracked extends Dispatcher.DispatchOptions {
	client: TrackedClient | undefined;
}

/**
 * A connection of undici that knows its socket: whether it has served a request before and how many
 * bytes have come over it. undici itself does not tell, and a request that dies on a reused
 * connection must be told from one that the server refused to answer.
 */
class TrackedClient extends Client {
	connection: Connection | undefined;

	constructor(origin: URL, options: Client.Options, connect: buildConnector.connector) {
		super(origin, {
			...options,
			connect: (target, callback) =>
				connect(target, (error, socket) => {
					if (error === null) {
						this.connection = connectionOn(socket);
						callback(null, socket);
					} else {
						callback(error, null);
					}
				}),
		});
	}

	override dispatch(options: Tracked, handler: Dispatcher.DispatchHandler): boolean {
		options.client = this;
		return super.dispatch(options, handler);
	}
}

function connectionOn(socket: Socket): Connection {
	return {
		connectedMs: nowMs(),
		requests: 0,
		bytesRead: () => socket.bytesRead,
		destroy: () => socket.destroy(),
	};
}
