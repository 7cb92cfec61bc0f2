import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestLog } from './request-log.ts';

/** What the server knows of a connection. */
export interface Connection {
	/** From 1. */
	readonly number: number;
	requests: number;
	/** Those that are not over. */
	readonly open: Set<ServerResponse>;
}

/** Numbers connections and turns away those beyond a limit. */
export class Connections {
	readonly #open = new Map<Socket, Connection>();
	readonly #stalled = new Set<Socket>();
	#total = 0;

	constructor(server: Server, log: RequestLog, max: number = Number.POSITIVE_INFINITY) {
		server.on('connection', (socket) => {
			this.#total += 1;
			const connection = { number: this.#total, requests: 0, open: new Set<ServerResponse>() };
			this.#open.set(socket, connection);
			log.connected();
			socket.once('close', () => {
				log.connections -= 1;
				this.#open.delete(socket);
				this.#stalled.delete(socket);
				// Node tells the answer whose turn it is, and not the pipelined ones behind it.
				for (const response of connection.open) {
					response.emit('close');
				}
			});
			if (log.connections > max) {
				socket.resetAndDestroy();
			}
		});
	}

	of(socket: Socket): Connection {
		return this.#open.get(socket) ?? { number: 0, requests: 0, open: new Set() };
	}

	/** It will not be answered: `close` does not wait for it. */
	stall(socket: Socket): void {
		// The socket's own idle timeout would end the stall.
		socket.setTimeout(0);
		this.#stalled.add(socket);
	}

	/** Ends a connection that has been silent for long, unless it is the server that keeps it waiting. */
	endSilent(socket: Socket): void {
		if (socket.writableLength > 0 || this.of(socket).open.size === 0) {
			socket.destroy();
		}
	}

	/** Ends those that wait for no answer: silent, with half a request, or stalled by a rule. */
	endUnanswered(): void {
		for (const [socket, { open }] of this.#open) {
			if (open.size === 0 || this.#stalled.has(socket)) {
				socket.destroy();
			}
		}
	}
}
