import { type Agent, buildConnector } from 'undici';
import type { DownloadOptions } from './options.ts';
import { type HttpProxy, readProxies } from './proxy.ts';
import { openTrackedAgent } from './tracked-agent.ts';
import { openTunnels } from './tunnel.ts';

/** Node gives each address 250 ms; on a slow network that fails hosts that are well. */
const ATTEMPT_TIMEOUT_MS = 2_000;

/** How a request for a URL is to be put, and to whom. */
export interface Route {
	readonly agent: Agent;
	readonly origin: string;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	/** Set where this proxy answers in the place of the origin. */
	readonly proxy?: HttpProxy;
}

export interface Network {
	/** @param url - Without user, password and fragment. */
	route(url: URL): Route;
	close(): Promise<void>;
}

/**
 * The ways to all origins: direct; forwarded by a proxy, for http; or through a tunnel, for https.
 *
 * @param connections - Per origin, at most.
 */
export function openNetwork(options: DownloadOptions, connections: number): Network {
	const { stallTimeMs, connectTimeoutMs } = options;
	const connect = openConnector(options);
	const proxies = readProxies(options.proxy, options.headers['proxy-authorization']);
	const direct = openTrackedAgent({ connections, stallTimeMs, connect });
	const tunnels = proxies.https && openTunnels(proxies.https, connect, connectTimeoutMs);
	const tunnelled =
		tunnels && openTrackedAgent({ connections, stallTimeMs, connect: tunnels.connect });
	return {
		route(url) {
			const proxy = proxies.of(url);
			if (proxy !== undefined && url.protocol === 'http:') return forwarded(url, proxy, direct);
			return {
				agent: proxy === undefined ? direct : (tunnelled ?? direct),
				origin: url.origin,
				path: url.pathname + url.search,
				headers: {},
			};
		},
		async close() {
			await Promise.all([direct.destroy(), tunnelled?.destroy(), tunnels?.close()]);
		},
	};
}

function openConnector(options: DownloadOptions): buildConnector.connector {
	return buildConnector({
		rejectUnauthorized: !options.insecure,
		...(options.caCertificates !== undefined && { ca: options.caCertificates }),
		timeout: options.connectTimeoutMs,
		autoSelectFamily: true,
		autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
	});
}

function forwarded(url: URL, proxy: HttpProxy, agent: Agent): Route {
	const { origin, authorization } = proxy;
	const headers = {
		host: url.host,
		...(authorization !== undefined && { 'proxy-authorization': authorization }),
	};
	return { agent, origin, path: url.href, headers, proxy };
}
