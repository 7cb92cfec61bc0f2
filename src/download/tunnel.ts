import { Socket } from 'node:net';
import { type buildConnector, Pool } from 'undici';
import type { HttpProxy } from './proxy.ts';

type Connector = buildConnector.connector;

/** A tunnel did not come about, and it was not the origin's fault. */
export class ProxyError extends Error {
	/** Host and port of the proxy. */
	readonly proxy: string;
	/** What the proxy answered; absent where it did not. */
	readonly status: number | undefined;

	constructor(proxy: string, status: number | undefined, options?: ErrorOptions) {
		super(status === undefined ? 'no tunnel' : `the proxy answered ${status}`, options);
		this.proxy = proxy;
		this.status = status;
	}
}

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
export function openTunnels(proxy: HttpProxy, connect: Connector, timeoutMs: number): Tunnels {
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
		close: async () => await pool.destroy(),
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
