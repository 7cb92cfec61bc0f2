import { isIP, type Socket } from 'node:net';
import { Agent, type buildConnector, Client, type Dispatcher, Pool } from 'undici';
import type { Connection } from './exchange.ts';
import { nowMs } from './outcome.ts';

export interface TrackedRequest extends Dispatcher.DispatchOptions {
	/** Where the request tells which connection it was given. */
	readonly track: { client?: TrackedClient };
}

export interface AgentOptions {
	/** Connections per origin, at most. */
	readonly connections: number;
	/** Longest silence of a server, before or within an answer. */
	readonly stallTimeMs: number;
	readonly connect: buildConnector.connector;
}

/** Connections to all origins: one pool of undici for each, kept alive, no pipelining. */
export function openTrackedAgent({ connections, stallTimeMs, connect }: AgentOptions): Agent {
	const timeouts = { headersTimeout: stallTimeMs, bodyTimeout: stallTimeMs };
	return new Agent({
		factory: (origin) =>
			new Pool(origin, {
				connections,
				factory: (url) => new TrackedClient(url, timeouts, connect),
			}),
	});
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
				connect({ ...target, servername: serverName(target.hostname) }, (error, socket) => {
					if (error === null) {
						this.connection = connectionOn(socket);
						callback(null, socket);
					} else {
						callback(error, null);
					}
				}),
		});
	}

	override dispatch(options: TrackedRequest, handler: Dispatcher.DispatchHandler): boolean {
		options.track.client = this;
		return super.dispatch(options, handler);
	}
}

/** The certificate is that of the host in the URL, whatever the field `Host` says: as for curl. */
function serverName(hostname: string): string {
	return isIP(hostname) === 0 ? hostname : '';
}

function connectionOn(socket: Socket): Connection {
	return {
		connectedMs: nowMs(),
		requests: 0,
		bytesRead: () => socket.bytesRead,
		destroy: () => socket.destroy(),
	};
}
