import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Scenario } from '../scenarios/scenario.ts';
import type { RequestLog } from './request-log.ts';

const AGAIN_MS = 50;

/** With Node's 511 a thousand clients that come at once may be turned away. */
export const BACKLOG = 4096;

/** What the server knows of a connection. */
export class Connection {
	readonly socket: Socket;
	/** From 1. */
	readonly number: number;
	requests = 0;
	/** Responses that are not over, in the order of their requests. */
	readonly open = new Set<ServerResponse>();
	/** It will not be answered: closing does not wait for it. */
	isStalled = false;
	readonly #all: Connections;

	constructor(socket: Socket, number: number, all: Connections) {
		this.socket = socket;
		this.number = number;
		this.#all = all;
	}

	/** The response is over. A connection that was kept alive before the server closed ends with it. */
	finish(response: ServerResponse): void {
		this.open.delete(response);
		if (this.#all.isClosing && this.open.size === 0) {
			this.socket.destroySoon();
		}
	}

	/** Whether a response has to announce the end of its connection: pipelined requests follow no such one. */
	endsWith(response: ServerResponse): boolean {
		return this.#all.isClosing && [...this.open].at(-1) === response;
	}

	/** Leaves it to the patience of the client. */
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

/** Numbers connections, turns away those beyond a limit, and ends them when the server closes. */
export class Connections {
	/** Whether each connection ends with the last of its responses. */
	isClosing = false;
	readonly #connections = new Map<Socket, Connection>();
	#total = 0;
	#isRestarting = false;
	readonly #server: Server;
	/** Further ones are reset. */
	max: number | undefined;

	/** So many handshakes are still to be reset. */
	handshakeResets: number;
	readonly #handshakes = new Set<Socket>();

	/** @param isSecure - Whether it is a server of HTTPS. */
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
				this.#shakeHands(raw);
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
				// Node tells the answer whose turn it is, and not the pipelined ones behind it.
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

	#shakeHands(raw: Socket): void {
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

	/** Whether it is the server that ends all connections. */
	get isRestarting(): boolean {
		return this.#isRestarting;
	}

	/** Breaks every connection, listens to nothing for a while, and comes back under the same address. */
	restart(downMs: number): void {
		const address = this.#server.address();
		if (this.isClosing || this.#isRestarting || address === null || typeof address === 'string') {
			return;
		}
		this.#isRestarting = true;
		this.#server.close();
		for (const socket of this.#connections.keys()) {
			// A reset is refused where the end is on its way, and the socket would stay.
			socket.destroy();
		}
		const listen = () => {
			if (!this.isClosing) {
				this.#server.listen({ port: address.port, host: address.address, backlog: BACKLOG });
			}
		};
		// Its port may be taken meanwhile, by a client's end of a connection.
		const again = () => setTimeout(listen, AGAIN_MS);
		this.#server.on('error', again);
		this.#server.once('listening', () => {
			this.#server.off('error', again);
			this.#isRestarting = false;
		});
		setTimeout(listen, downMs);
	}

	/** Ends a connection that has been silent for long, unless it is the server that keeps it waiting. */
	endSilent(socket: Socket): void {
		if (socket.writableLength > 0 || this.of(socket).open.size === 0) {
			socket.destroy();
		}
	}

	/** Those that have become another protocol, too. */
	endAll(): void {
		for (const socket of this.#connections.keys()) {
			socket.destroy();
		}
	}

	/**
	 * Ends the connections on which no whole request has come, and those that are stalled.
	 *
	 * @param silenceTimeoutMs - How long a client may leave its response unread from now on.
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

/** Ends a connection with a real RST; TLS has none of its own. */
export function resetConnection(socket: Socket): void {
	rawSocketOf(socket).resetAndDestroy();
}

function rawSocketOf(socket: Socket): Socket {
	// Undocumented, and there since TLS sockets are: the socket that it was made from.
	const { _parent: raw } = socket as { _parent?: Socket | null };
	return raw ?? socket;
}
