import { isIP, type Socket } from 'node:net';
import { type buildConnector, Client } from 'undici';
import { nowMs } from '../outcome.ts';
import { RESET } from './connection-error.ts';
import { makeLenient } from './lenient-parser.ts';

/** Idle connections that are kept for each slot: a list may go round many hosts. */
const IDLE_PER_SLOT = 4;

/** As much as curl takes; all that is longer is refused. */
const HEADER_MAX_BYTES = 256 * 1024;

export interface ClientOptions {
	/** Requests in flight at once, to all origins. */
	readonly slots: number;
	/** Longest silence of a server, before or within an answer. */
	readonly stallTimeMs: number;
	readonly connect: buildConnector.connector;
}

/** What is known of the socket that an exchange runs on. */
export interface Connection {
	readonly connectedMs: number;
	/** Requests that were written on it before. */
	requests: number;
	/** The last request on it, which is told when the server closes its side. */
	exchange: { onInputEnd(reset: Error | undefined): void } | undefined;
	/** Its first error. undici tells the last, which after an alert of TLS is that the server has closed. */
	error: Error | undefined;
	/** Bytes received on it so far. */
	bytesRead(): number;
}

/**
 * Connections to all origins: undici's clients, kept alive, each with one request at a time.
 *
 * There are as many as requests are in flight, and the last one used is used next. undici's own Pool
 * asks each of its clients whether it is free, and its Agent asks each Pool: 25 µs a file.
 */
export class ClientPool {
	readonly #options: ClientOptions;
	readonly #open = new Set<TrackedClient>();
	/** By origin, the longest idle first, both the origins and their clients. */
	readonly #idle = new Map<string, TrackedClient[]>();
	#idleCount = 0;

	constructor(options: ClientOptions) {
		this.#options = options;
	}

	/**
	 * One that is not in use; to be given back.
	 *
	 * @param isNew - None that has been used before: the next might be closed by the server, too.
	 */
	take(origin: string, isNew = false): TrackedClient {
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

	giveBack(client: TrackedClient): void {
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

	/** Closes the connection that has not been used for the longest time, if there is one. */
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
 * A connection of undici that knows its socket: whether it has served a request before and how many
 * bytes have come over it. undici itself does not tell, and a request that dies on a reused
 * connection must be told from one that the server refused to answer.
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

/** The certificate is that of the host in the URL, whatever the field `Host` says: as for curl. */
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
	// These come before undici's own listeners. undici 7 asserts that its parser is not paused when the
	// connection ends, and an assertion that fails in a listener ends the process.
	socket.on('end', () => {
		if (isReset(socket)) {
			connection.error ??= Object.assign(new Error('read ECONNRESET'), { code: RESET });
		}
		connection.exchange?.onInputEnd(connection.error);
	});
	socket.on('error', (error) => {
		keepReset(error);
		connection.error ??= error;
	});
	return connection;
}

/**
 * Whether a connection that seems to have been closed was reset. libuv tells an end if the reset has
 * arrived by the time that the last bytes are read (in Node 20 and 22); the system knows no peer any more.
 */
function isReset(socket: Socket): boolean {
	return socket.remoteAddress === undefined;
}

/**
 * undici takes a reset for the end of content that nothing else ends: then a part of a file would
 * be saved as the whole. By another code it is an error like all others.
 */
function keepReset(error: NodeJS.ErrnoException): void {
	if (error.code === 'ECONNRESET') {
		error.code = RESET;
	}
}
