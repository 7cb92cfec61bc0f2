import { Socket } from 'node:net';
import { type buildConnector, Pool } from 'undici';
import type { DownloadOptions } from '../options.ts';
import { ProxyError } from './connection-error.ts';
import type { Connector } from './connector.ts';
import type { ProxyServer } from './proxy.ts';
import { openSocksTunnel } from './socks.ts';

/** Connections to origins through one proxy. */
export interface Tunnels {
	readonly connect: Connector;
	close(): Promise<void>;
}

/** @param connect - Opens connections to the proxy, and TLS through them. */
export function createTunnels(
	proxy: ProxyServer,
	connect: Connector,
	options: DownloadOptions,
): Tunnels {
	return proxy.socks === undefined
		? httpTunnels(proxy, connect, options)
		: socksTunnels(proxy, connect, options);
}

/** Asks a proxy to connect (`CONNECT`), then speaks TLS with the origin. */
function httpTunnels(
	proxy: ProxyServer,
	connect: Connector,
	{ connectTimeoutMs }: DownloadOptions,
): Tunnels {
	// A connection leaves the pool when it becomes a tunnel.
	const pool = new Pool(proxy.origin, { connect, headersTimeout: connectTimeoutMs });
	return {
		connect(target, callback) {
			// `host` has the brackets of an IPv6 address, and no port if it is the default.
			const { host = target.hostname, port } = target;
			openHttpTunnel(pool, proxy, port === '' ? `${host}:443` : host).then(
				(httpSocket) => connect({ ...target, httpSocket }, callback),
				(error: unknown) => callback(error as ProxyError, null),
			);
		},
		close: () => pool.destroy(),
	};
}

async function openHttpTunnel(
	pool: Pool,
	{ host, authorization }: ProxyServer,
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

/** Opens tunnels through a SOCKS proxy, for `http:` too, with TLS on top for `https:`. */
function socksTunnels(proxy: ProxyServer, connect: Connector, options: DownloadOptions): Tunnels {
	const opening = new Set<Socket>();
	const open = async (target: buildConnector.Options) => {
		const socket = await connectTo(proxy, connect);
		opening.add(socket);
		try {
			await openSocksTunnel(socket, proxy, target, options);
			return socket;
		} finally {
			opening.delete(socket);
		}
	};
	return {
		connect(target, callback) {
			open(target).then(
				(socket) => {
					if (target.protocol === 'https:') {
						connect({ ...target, httpSocket: socket }, callback);
					} else {
						callback(null, socket);
					}
				},
				(error: unknown) => callback(error as Error, null),
			);
		},
		async close() {
			for (const socket of opening) {
				socket.destroy();
			}
		},
	};
}

async function connectTo({ origin, host }: ProxyServer, connect: Connector): Promise<Socket> {
	const { hostname, port } = new URL(origin);
	const to = { protocol: 'http:', hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port, host };
	return await new Promise((resolve, reject) => {
		connect(to, (error, socket) => {
			if (error === null) {
				resolve(socket);
			} else {
				reject(new ProxyError(host, undefined, { cause: error }));
			}
		});
	});
}
