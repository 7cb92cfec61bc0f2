import diagnostics from 'node:diagnostics_channel';

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The server's side of further connections, from Node's diagnostics channel. */
export function watchAccepted(): { next(): Promise<Socket>; stop(): void } {
	const sockets: Socket[] = [];
	let wake = () => {};
	const listener = (message: unknown) => {
		sockets.push((message as { socket: Socket }).socket);
		wake();
	};
	diagnostics.subscribe('net.server.socket', listener);

	return {
		async next() {
			while (sockets.length === 0) {
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
			return sockets.shift() as Socket;
		},
		stop: () => diagnostics.unsubscribe('net.server.socket', listener),
	};
}

/** Resolves when a growing number has not changed for a while. */
export async function stalled(figure: () => number): Promise<void> {
	for (let last = -1; last !== figure(); ) {
		last = figure();
		await sleep(200);
	}
}

/** Unlike `once`, ignores the error of a reset. */
export function closed(socket: Socket): Promise<void> {
	return new Promise((resolve) => {
		socket.once('close', () => resolve());
	});
}
