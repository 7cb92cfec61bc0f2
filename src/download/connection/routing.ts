import type { ParsedUrl } from '../../targets/url.ts';
import type { DownloadOptions } from '../options.ts';
import { ClientPool } from './connection-pool.ts';
import { createConnector } from './connector.ts';
import { type ProxyServer, readProxies } from './proxy.ts';
import { createTunnels, type Tunnels } from './tunnel.ts';

/** Where to send the request for a URL, and with which request target. */
export interface Route {
	readonly clients: ClientPool;
	readonly origin: string;
	readonly path: string;
	/** For the proxy. */
	readonly headers?: Readonly<Record<string, string>>;
	/** Set if this proxy responds in place of the origin. */
	readonly proxy?: ProxyServer;
}

export interface Router {
	route(place: ParsedUrl): Route;
	/** Closes an idle connection, if any. */
	closeIdle(): void;
	close(): Promise<void>;
}

interface Tunnelled extends Tunnels {
	readonly clients: ClientPool;
}

/**
 * Routes requests: direct, forwarded by an HTTP proxy (`http:`), or through a tunnel (`https:`, and any SOCKS
 * proxy).
 *
 * @param slots - Requests in flight at once.
 */
export function createRouter(options: DownloadOptions, slots: number): Router {
	const { stallTimeMs } = options;
	const connect = createConnector(options);
	const proxies = readProxies(options.proxy, options.headers['proxy-authorization']);
	const direct = new ClientPool({ slots, stallTimeMs, connect });
	const tunnels = new Map<ProxyServer, Tunnelled>();
	const tunnelled = (proxy: ProxyServer): ClientPool => {
		const known = tunnels.get(proxy);
		if (known !== undefined) {
			return known.clients;
		}
		const opened = createTunnels(proxy, connect, options);
		const clients = new ClientPool({ slots, stallTimeMs, connect: opened.connect });
		tunnels.set(proxy, { ...opened, clients });
		return clients;
	};
	return {
		route({ href, origin, path }) {
			if (proxies.none) {
				return { clients: direct, origin, path };
			}
			const url = new URL(href);
			const proxy = proxies.of(url);
			if (proxy !== undefined && proxy.socks === undefined && url.protocol === 'http:') {
				return forwarded(url, proxy, direct);
			}
			return { clients: proxy === undefined ? direct : tunnelled(proxy), origin, path };
		},
		closeIdle() {
			direct.closeIdle();
			for (const { clients } of tunnels.values()) {
				clients.closeIdle();
			}
		},
		async close() {
			const all = [...tunnels.values()];
			await Promise.all([direct, ...all.map(({ clients }) => clients)].map((one) => one.destroy()));
			await Promise.all(all.map((one) => one.close()));
		},
	};
}

function forwarded(url: URL, proxy: ProxyServer, clients: ClientPool): Route {
	const { origin, authorization } = proxy;
	const headers = {
		host: url.host,
		...(authorization !== undefined && { 'proxy-authorization': authorization }),
	};
	return { clients, origin, path: url.href, headers, proxy };
}
