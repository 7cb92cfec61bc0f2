import { connect, type Socket } from 'node:net';

export interface RawAnswer {
	/** Everything received, as Latin-1. */
	readonly text: string;
	/** How the connection ended; `open` if it had not within the time limit. */
	readonly ending: 'fin' | 'reset' | 'open';
}

/** Sends text on a new connection and reads until it ends, for at most `maxMs`. */
export async function rawRequest(url: string, text: string, maxMs = 5_000): Promise<RawAnswer> {
	const socket = rawConnect(url);
	socket.write(text, 'latin1');
	return await readAll(socket, maxMs);
}

export function rawConnect(url: string): Socket {
	const { hostname, port } = new URL(url);
	return connect({ host: hostname, port: Number(port), noDelay: true });
}

export async function readAll(socket: Socket, maxMs: number): Promise<RawAnswer> {
	let text = '';
	socket.setEncoding('latin1');
	socket.on('data', (chunk: string) => {
		text += chunk;
	});
	const ending = await new Promise<RawAnswer['ending']>((resolve) => {
		const timer = setTimeout(() => resolve('open'), maxMs);
		const end = (how: RawAnswer['ending']) => {
			clearTimeout(timer);
			resolve(how);
		};
		socket.once('end', () => end('fin'));
		socket.once('error', () => end('reset'));
	});
	socket.destroy();
	return { text, ending };
}

/** Resolves with the received text as soon as it is sufficient. */
export async function readUntil(
	socket: Socket,
	isEnough: (text: string) => boolean,
): Promise<string> {
	let text = '';
	return await new Promise((resolve, reject) => {
		const onData = (chunk: Buffer) => {
			text += chunk.toString('latin1');
			if (!isEnough(text)) {
				return;
			}
			socket.off('data', onData);
			socket.off('error', reject);
			resolve(text);
		};
		socket.on('data', onData);
		socket.once('error', reject);
	});
}

export function get(path: string, headers = ''): string {
	return `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
}

/** Head and body of a response. */
export function split({ text }: Pick<RawAnswer, 'text'>): { head: string; body: Buffer } {
	const end = text.indexOf('\r\n\r\n');
	return { head: text.slice(0, end), body: Buffer.from(text.slice(end + 4), 'latin1') };
}
