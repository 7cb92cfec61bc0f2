import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { Place } from '../targets/place.ts';
import { ClientPool } from './client-pool.ts';
import type { DownloadOptions } from './options.ts';
import { type HttpProxy, readProxies } from './proxy.ts';
import { withServerCertificate } from './tls-error.ts';
import { openTunnels } from './tunnel.ts';

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
	route(place: Place): Route;
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
