import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Scenario } from '../scenarios/scenario.ts';
import type { RequestLog } from './request-log.ts';

const LISTEN_RETRY_MS = 50;

/** Node's default of 511 may refuse some of a thousand clients that connect at once. */
export const BACKLOG = 4096;

/** State of a connection. */
export class Connection {
	readonly socket: Socket;
	/** From 1. */
	readonly number: number;
	requests = 0;
	/** Unfinished responses, in the order of their requests. */
	readonly open = new Set<ServerResponse>();
	/** It never gets a response, so closing does not wait for it. */
	isStalled = false;
	readonly #all: Connections;

	constructor(socket: Socket, number: number, all: Connections) {
		this.socket = socket;
		this.number = number;
		this.#all = all;
	}

	/** Called when a response has ended. While the server closes, the last one ends a kept-alive connection. */
	finish(response: ServerResponse): void {
		this.open.delete(response);
		if (this.#all.isClosing && this.open.size === 0) {
			this.socket.destroySoon();
		}
	}

	/** Whether a response must send `Connection: close`: only the last of pipelined ones may. */
	endsWith(response: ServerResponse): boolean {
		return this.#all.isClosing && [...this.open].at(-1) === response;
	}

	/** Keeps the connection open and silent until the client gives up. */
	stall(): void {
		if (this.#all.isClosing) {
			this.socket.destroy();
			return;
		}
		// The socket's own idle timeout would end the stall.
		this.socket.setTimeout(0);
		this.isStalled = true;
	}
}

/** Numbers connections, resets those beyond a limit, and ends them when the server closes. */
export class Connections {
	/** Whether each connection ends with the last of its responses. */
	isClosing = false;
	readonly #connections = new Map<Socket, Connection>();
	#total = 0;
	#isRestarting = false;
	readonly #server: Server;
	/** Connections beyond this are reset. */
	max: number | undefined;

	/** Number of handshakes still to reset. */
	handshakeResets: number;
	readonly #handshakes = new Set<Socket>();

	/** @param isSecure - Whether the server speaks HTTPS. */
	constructor(
		server: Server,
		log: RequestLog,
		{ limits, tls }: Pick<Scenario, 'limits' | 'tls'>,
		isSecure = false,
	) {
		this.max = limits.maxConnections;
		this.handshakeResets = tls?.reset ?? 0;
		this.#server = server;
		if (isSecure) {
			server.on('connection', (raw: Socket) => {
				this.#trackHandshake(raw);
			});
		}
		server.on(isSecure ? 'secureConnection' : 'connection', (socket: Socket) => {
			this.#handshakes.delete(rawSocketOf(socket));
			this.#total += 1;
			const connection = new Connection(socket, this.#total, this);
			this.#connections.set(socket, connection);
			log.connected();
			socket.once('close', () => {
				log.connections -= 1;
				this.#connections.delete(socket);
				// Node emits 'close' only on the response being sent, not on the pipelined ones behind it.
				for (const response of connection.open) {
					response.destroyed = true;
					response.emit('close');
				}
			});
			if (log.connections > (this.max ?? Number.POSITIVE_INFINITY)) {
				resetConnection(socket);
			}
		});
	}

	#trackHandshake(raw: Socket): void {
		this.#handshakes.add(raw);
		raw.once('close', () => this.#handshakes.delete(raw));
		if (this.handshakeResets > 0) {
			this.handshakeResets -= 1;
			raw.resetAndDestroy();
		}
	}

	of(socket: Socket): Connection {
		return this.#connections.get(socket) ?? new Connection(socket, 0, this);
	}

	/** Whether the server is breaking all connections to restart. */
	get isRestarting(): boolean {
		return this.#isRestarting;
	}

	/** Breaks every connection, stops listening for `downMs`, then listens on the same address again. */
	restart(downMs: number): void {
		const address = this.#server.address();
		if (this.isClosing || this.#isRestarting || address === null || typeof address === 'string') {
			return;
		}
		this.#isRestarting = true;
		this.#server.close();
		for (const socket of this.#connections.keys()) {
			// `resetAndDestroy` fails on a socket that is already ending, which would then stay open.
			socket.destroy();
		}
		const listen = () => {
			if (!this.isClosing) {
				this.#server.listen({ port: address.port, host: address.address, backlog: BACKLOG });
			}
		};
		// A client's local port may have taken the address meanwhile.
		const retryListen = () => setTimeout(listen, LISTEN_RETRY_MS);
		this.#server.on('error', retryListen);
		this.#server.once('listening', () => {
			this.#server.off('error', retryListen);
			this.#isRestarting = false;
		});
		setTimeout(listen, downMs);
	}

	/** Ends a connection after its idle timeout, unless the client is waiting for the server. */
	endSilent(socket: Socket): void {
		if (socket.writableLength > 0 || this.of(socket).open.size === 0) {
			socket.destroy();
		}
	}

	/** Ends every connection, upgraded ones included. */
	endAll(): void {
		for (const socket of this.#connections.keys()) {
			socket.destroy();
		}
	}

	/**
	 * Ends stalled connections and those without a complete request.
	 *
	 * @param silenceTimeoutMs - How long a client may now leave its response unread.
	 */
	endIdle(silenceTimeoutMs: number): void {
		for (const raw of this.#handshakes) {
			raw.destroy();
		}
		for (const [socket, { open, isStalled }] of this.#connections) {
			if (open.size === 0 || isStalled) {
				socket.destroy();
			} else {
				socket.setTimeout(silenceTimeoutMs);
			}
		}
	}
}

/** Ends a connection with a TCP RST, of the underlying socket if it is TLS. */
export function resetConnection(socket: Socket): void {
	rawSocketOf(socket).resetAndDestroy();
}

function rawSocketOf(socket: Socket): Socket {
	// Undocumented, but as old as TLS sockets: the socket that it wraps.
	const { _parent: raw } = socket as { _parent?: Socket | null };
	return raw ?? socket;
}
