import { Socket } from 'node:net';
import { buildConnector, Pool } from 'undici';
import type { ParsedUrl } from '../../targets/url.ts';
import type { DownloadOptions } from '../options.ts';
import { ProxyError } from './connection-error.ts';
import { ClientPool } from './connection-pool.ts';
import { type HttpProxy, readProxies } from './proxy.ts';
import { withServerCertificate } from './tls-error.ts';

/** Node gives each address 250 ms; on a slow network that fails hosts that are well. */
const ATTEMPT_TIMEOUT_MS = 2_000;

/** How a request for a URL is to be put, and to whom. */
export interface Route {
	readonly clients: ClientPool;
	readonly origin: string;
	readonly path: string;
	/** For the proxy. */
	readonly headers?: Readonly<Record<string, string>>;
	/** Set where this proxy answers in the place of the origin. */
	readonly proxy?: HttpProxy;
}

export interface Network {
	readonly direct: ClientPool;
	/** Where there is a proxy for https. */
	readonly tunnelled: ClientPool | undefined;
	route(place: ParsedUrl): Route;
	close(): Promise<void>;
}

/**
 * The ways to all origins: direct; forwarded by a proxy, for http; or through a tunnel, for https.
 *
 * @param slots - Requests in flight at once.
 */
export function openNetwork(options: DownloadOptions, slots: number): Network {
	const { stallTimeMs, connectTimeoutMs } = options;
	const connect = openConnector(options);
	const proxies = readProxies(options.proxy, options.headers['proxy-authorization']);
	const direct = new ClientPool({ slots, stallTimeMs, connect });
	const tunnels = proxies.https && openTunnels(proxies.https, connect, connectTimeoutMs);
	const tunnelled = tunnels && new ClientPool({ slots, stallTimeMs, connect: tunnels.connect });
	return {
		direct,
		tunnelled,
		route({ href, origin, path }) {
			if (proxies.none) {
				return { clients: direct, origin, path };
			}
			const url = new URL(href);
			const proxy = proxies.of(url);
			if (proxy !== undefined && url.protocol === 'http:') {
				return forwarded(url, proxy, direct);
			}
			return { clients: proxy === undefined ? direct : (tunnelled ?? direct), origin, path };
		},
		async close() {
			await Promise.all([direct.destroy(), tunnelled?.destroy(), tunnels?.close()]);
		},
	};
}

/** undici's connector returns the socket, though its types do not say so. */
function openConnector(options: DownloadOptions): buildConnector.connector {
	const connect = buildConnector({
		rejectUnauthorized: !options.insecure,
		...(options.caCertificates !== undefined && { ca: options.caCertificates }),
		timeout: options.connectTimeoutMs,
		autoSelectFamily: true,
		autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
	}) as (...given: Parameters<buildConnector.connector>) => Socket;
	return (target, callback) => {
		const socket = connect(target, (error, connected) => {
			if (error === null) {
				callback(null, connected);
			} else {
				callback(withServerCertificate(error, socket), null);
			}
		});
	};
}

function forwarded(url: URL, proxy: HttpProxy, clients: ClientPool): Route {
	const { origin, authorization } = proxy;
	const headers = {
		host: url.host,
		...(authorization !== undefined && { 'proxy-authorization': authorization }),
	};
	return { clients, origin, path: url.href, headers, proxy };
}

type Connector = buildConnector.connector;

/** Connections that lead through a proxy. */
export interface Tunnels {
	readonly connect: Connector;
	close(): Promise<void>;
}

/**
 * Asks a proxy to connect (`CONNECT`), then speaks TLS with the origin.
 *
 * @param connect - Opens the connection to the proxy, and then TLS on it.
 * @param timeoutMs - How long the proxy may take to answer.
 */
function openTunnels(proxy: HttpProxy, connect: Connector, timeoutMs: number): Tunnels {
	// A connection that has become a tunnel leaves the pool.
	const pool = new Pool(proxy.origin, { connect, headersTimeout: timeoutMs });
	return {
		connect(target, callback) {
			// `host` has the brackets of an IPv6 address, and no port where it is the usual one.
			const { host = target.hostname, port } = target;
			ask(pool, proxy, port === '' ? `${host}:443` : host).then(
				(httpSocket) => connect({ ...target, httpSocket }, callback),
				(error: unknown) => callback(error as ProxyError, null),
			);
		},
		close: () => pool.destroy(),
	};
}

async function ask(
	pool: Pool,
	{ host, authorization }: HttpProxy,
	authority: string,
): Promise<Socket> {
	const { statusCode, socket } = await pool
		.connect({
			path: authority,
			headers: {
				host: authority,
				...(authorization !== undefined && { 'proxy-authorization': authorization }),
			},
		})
		.catch((cause: unknown) => {
			throw new ProxyError(host, undefined, { cause });
		});
	if (statusCode >= 200 && statusCode < 300 && socket instanceof Socket) {
		return socket;
	}
	socket.on('error', () => {}).destroy();
	throw new ProxyError(host, statusCode);
}
