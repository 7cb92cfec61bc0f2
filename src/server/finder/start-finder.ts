import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { processPendingIo } from '../timer.ts';
import { closeWithReason, type FinderConnection, serveFinderConnection } from './connection.ts';

export interface FinderOptions {
	/** 0 lets the kernel choose a port. */
	readonly port: number;
	readonly host: string;
	/** Further clients are rejected with a reason. @default 256 */
	readonly maxConnections?: number;
	/** @default 300_000 */
	readonly idleTimeoutMs?: number;
	/** How long `close` waits for answers in progress. @default 2_000 */
	readonly closeTimeoutMs?: number;
}

export interface Finder {
	readonly port: number;
	/** Stops accepting clients, finishes answers in progress, and resolves when every connection is closed. */
	close(): Promise<void>;
}

/** Rejected clients that receive a reason at the same time; further ones are dropped silently. */
const MAX_REJECTIONS_AT_ONCE = 64;

/**
 * Serves the search as a line protocol over TCP, usable with `nc`.
 * *Fluent Python*, 18.6: the TCP server of charfinder.
 *
 * @throws The error of `listen` (`EADDRINUSE`, `EACCES`, …).
 */
export async function startFinder({
	port,
	host,
	maxConnections = 256,
	idleTimeoutMs = 300_000,
	closeTimeoutMs = 2_000,
}: FinderOptions): Promise<Finder> {
	const open = new Map<Socket, FinderConnection | undefined>();
	const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
		const served = [...open.values()].filter((connection) => connection !== undefined).length;
		if (served < maxConnections) {
			open.set(socket, serveFinderConnection(socket, idleTimeoutMs));
		} else {
			open.set(socket, undefined);
			reject(socket);
		}
		socket.once('close', () => open.delete(socket));
	});
	server.maxConnections = maxConnections + MAX_REJECTIONS_AT_ONCE;

	server.listen(port, host);
	await once(server, 'listening');

	let closing: Promise<void> | undefined;
	return {
		port: (server.address() as AddressInfo).port,
		close: () => (closing ??= close()),
	};

	function reject(socket: Socket): void {
		socket.on('error', () => {});
		closeWithReason(socket, `${maxConnections} clients are connected, and no more are allowed`);
	}

	async function close(): Promise<void> {
		await processPendingIo();
		const closed = once(server, 'close');
		server.close();
		for (const connection of open.values()) {
			connection?.stop('the server is shutting down');
		}

		const timer = setTimeout(() => {
			for (const socket of open.keys()) {
				socket.destroy();
			}
		}, closeTimeoutMs);
		await closed;
		clearTimeout(timer);
	}
}
