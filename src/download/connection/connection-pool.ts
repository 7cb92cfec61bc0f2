import { isIP, type Socket } from 'node:net';
import { type buildConnector, Client } from 'undici';
import { nowMs } from '../outcome.ts';
import { RESET } from './connection-error.ts';
import { makeLenient } from './lenient-parser.ts';

/** Idle connections kept per slot; a list may alternate between many hosts. */
const IDLE_PER_SLOT = 4;

/** Longer headers are refused; the limit is that of curl. */
const HEADER_MAX_BYTES = 256 * 1024;

export interface ClientOptions {
	/** Requests in flight at once, to all origins. */
	readonly slots: number;
	/** Longest silence of a server, before or during a response. */
	readonly stallTimeMs: number;
	readonly connect: buildConnector.connector;
}

/** State of the socket that an exchange runs on. */
export interface Connection {
	readonly connectedMs: number;
	/** Requests written so far. */
	requests: number;
	/** The last exchange, which is notified when the server closes its side. */
	exchange: { onInputEnd(reset: Error | undefined): void } | undefined;
	/** The first error. undici reports the last one, which after a TLS alert is only the close. */
	error: Error | undefined;
	/** Bytes received so far. */
	bytesRead(): number;
}

/**
 * Keep-alive connections to all origins: undici clients with one request at a time each.
 *
 * The most recently used idle client is used next. undici's Pool checks each of its clients for a free
 * one, and its Agent each Pool, which costs 25 µs per file.
 */
export class ClientPool {
	readonly #options: ClientOptions;
	readonly #open = new Set<TrackedClient>();
	/** By origin; both the origins and their clients are ordered by idle time, longest first. */
	readonly #idle = new Map<string, TrackedClient[]>();
	#idleCount = 0;

	constructor(options: ClientOptions) {
		this.#options = options;
	}

	/**
	 * Takes an idle client, or opens one. The caller must release it.
	 *
	 * @param isNew - Always open one, because another idle connection might be closed by the server, too.
	 */
	acquire(origin: string, isNew = false): TrackedClient {
		const idle = isNew ? undefined : this.#idle.get(origin);
		const client = idle?.pop();
		if (idle?.length === 0) {
			this.#idle.delete(origin);
		}
		if (client !== undefined) {
			this.#idleCount -= 1;
			return client;
		}
		const opened = new TrackedClient(origin, this.#options);
		this.#open.add(opened);
		return opened;
	}

	release(client: TrackedClient): void {
		// `destroy` ends the requests in flight, whose clients then come back.
		if (client.destroyed) {
			return;
		}
		const idle = this.#idle.get(client.origin);
		if (idle === undefined) {
			this.#idle.set(client.origin, [client]);
		} else {
			idle.push(client);
		}
		this.#idleCount += 1;
		if (this.#idleCount > this.#options.slots * IDLE_PER_SLOT) {
			this.closeIdle();
		}
	}

	async destroy(): Promise<void> {
		await Promise.all(Array.from(this.#open, (client) => client.destroy()));
	}

	/** Closes the connection that has been idle the longest, if any. */
	closeIdle(): void {
		const [longest] = this.#idle.values();
		const client = longest?.shift();
		if (client === undefined) {
			return;
		}
		if (longest?.length === 0) {
			this.#idle.delete(client.origin);
		}
		this.#idleCount -= 1;
		this.#open.delete(client);
		void client.close();
	}
}

/**
 * An undici client that tracks its socket: whether it is reused, and how many bytes it received. undici
 * does not expose this, but a request that fails on a stale reused connection must be distinguished
 * from one that the server does not answer.
 */
export class TrackedClient extends Client {
	readonly origin: string;
	connection: Connection | undefined;

	constructor(origin: string, { stallTimeMs, connect }: ClientOptions) {
		super(origin, {
			headersTimeout: stallTimeMs,
			bodyTimeout: stallTimeMs,
			maxHeaderSize: HEADER_MAX_BYTES,
			connect: (target, callback) =>
				connect({ ...target, servername: serverName(target.hostname) }, (error, socket) => {
					if (error === null) {
						this.connection = connectionOn(socket);
						this.once('connect', () => makeLenient(socket));
						callback(null, socket);
					} else {
						callback(error, null);
					}
				}),
		});
		this.origin = origin;
	}
}

/** The certificate must match the host in the URL, whatever the field `Host` says; the same as curl. */
function serverName(hostname: string): string {
	return isIP(hostname) === 0 ? hostname : '';
}

function connectionOn(socket: Socket): Connection {
	const connection: Connection = {
		connectedMs: nowMs(),
		requests: 0,
		exchange: undefined,
		error: undefined,
		bytesRead: () => socket.bytesRead,
	};
	// These run before undici's own listeners. undici 7 asserts that its parser is not paused when the
	// connection ends; an assertion that fails in a listener crashes the process.
	socket.on('end', () => {
		if (isReset(socket)) {
			connection.error ??= Object.assign(new Error('read ECONNRESET'), { code: RESET });
		}
		connection.exchange?.onInputEnd(connection.error);
	});
	socket.on('error', (error) => {
		relabelReset(error);
		connection.error ??= error;
	});
	return connection;
}

/**
 * Whether a connection that ended was actually reset. libuv (in Node 20 and 22) reports an end if the
 * reset arrives before the last bytes are read; the socket then has no remote address any more.
 */
function isReset(socket: Socket): boolean {
	return socket.remoteAddress === undefined;
}

/**
 * undici treats `ECONNRESET` as the end of content without a length, so a truncated file would be
 * saved as complete. With another code it is an ordinary error.
 */
function relabelReset(error: NodeJS.ErrnoException): void {
	if (error.code === 'ECONNRESET') {
		error.code = RESET;
	}
}
