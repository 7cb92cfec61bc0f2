import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { takeArrived } from '../timer.ts';
import { type FinderConnection, leave, serveFinderConnection } from './connection.ts';

export interface FinderOptions {
	/** 0: the kernel chooses. */
	readonly port: number;
	readonly host: string;
	/** Further clients are turned away with a reason. @default 256 */
	readonly maxConnections?: number;
	/** Longest silence of a client, in milliseconds. @default 300_000 */
	readonly idleTimeoutMs?: number;
	/** How long `close` waits for answers under way, in milliseconds. @default 2_000 */
	readonly closeTimeoutMs?: number;
}

export interface Finder {
	readonly port: number;
	/** Accepts no client, lets answers under way end, closes, and waits until all is closed. */
	close(): Promise<void>;
}

/** Of those turned away, while they are told so; beyond it they are dropped without a word. */
const TURNED_AWAY_AT_ONCE = 64;

/**
 * The search as a line protocol on TCP, for which `nc` is a good enough client.
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
			turnAway(socket);
		}
		socket.once('close', () => open.delete(socket));
	});
	server.maxConnections = maxConnections + TURNED_AWAY_AT_ONCE;

	server.listen(port, host);
	await once(server, 'listening');

	let closing: Promise<void> | undefined;
	return {
		port: (server.address() as AddressInfo).port,
		close: () => (closing ??= close()),
	};

	function turnAway(socket: Socket): void {
		socket.on('error', () => {});
		leave(socket, `${maxConnections} clients are connected, and no more are allowed`);
	}

	async function close(): Promise<void> {
		await takeArrived();
		const closed = once(server, 'close');
		server.close();
		for (const connection of open.values()) {
			connection?.stop('the server is shutting down');
		}

		const patience = setTimeout(() => {
			for (const socket of open.keys()) {
				socket.destroy();
			}
		}, closeTimeoutMs);
		await closed;
		clearTimeout(patience);
	}
}
