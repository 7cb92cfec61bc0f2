import { Socket } from 'node:net';
import { type buildConnector, Pool } from 'undici';
import type { DownloadOptions } from '../options.ts';
import { ProxyError } from './connection-error.ts';
import type { Connector } from './connector.ts';
import type { ProxyServer } from './proxy.ts';
import { openSocksTunnel } from './socks.ts';

/** Connections to origins that lead through one proxy. */
export interface Tunnels {
	readonly connect: Connector;
	close(): Promise<void>;
}

/** @param connect - Opens the connection to the proxy, and then TLS on it. */
export function openTunnels(
	proxy: ProxyServer,
	connect: Connector,
	options: DownloadOptions,
): Tunnels {
	return proxy.socks === undefined
		? throughHttp(proxy, connect, options)
		: throughSocks(proxy, connect, options);
}

/** Asks a proxy to connect (`CONNECT`), then speaks TLS with the origin. */
function throughHttp(
	proxy: ProxyServer,
	connect: Connector,
	{ connectTimeoutMs }: DownloadOptions,
): Tunnels {
	// A connection that has become a tunnel leaves the pool.
	const pool = new Pool(proxy.origin, { connect, headersTimeout: connectTimeoutMs });
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

/** Lets a proxy of SOCKS connect, to origins of http, too; then there is TLS for `https:`. */
function throughSocks(proxy: ProxyServer, connect: Connector, options: DownloadOptions): Tunnels {
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
