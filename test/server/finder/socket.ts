import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A raw client of the line protocol: everything that it received, as text. */
export interface FinderSocket {
	readonly socket: Socket;
	received(): string;
	/** Resolves when the received text ends with `text`. */
	until(text: string): Promise<string>;
	/** Resolves when the server has closed its side or the connection. */
	ended(): Promise<string>;
}

export async function connectToFinder(port: number): Promise<FinderSocket> {
	const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
	const chunks: Buffer[] = [];
	const received = () => Buffer.concat(chunks).toString();
	const over = new Promise<void>((resolve) => {
		socket.once('end', resolve);
		socket.once('close', resolve);
	});

	socket.on('data', (chunk) => chunks.push(chunk));
	socket.on('error', () => {});
	await once(socket, 'connect');

	return {
		socket,
		received,
		async until(text) {
			while (!received().endsWith(text)) {
				const more = new Promise((resolve) => socket.once('data', resolve));
				if ((await Promise.race([more, over])) === undefined) {
					throw new Error(`closed after ${JSON.stringify(received())}`);
				}
			}
			return received();
		},
		async ended() {
			await over;
			return received();
		},
	};
}
