import { createServer, type Socket } from 'node:net';
import { listen } from './listen.ts';

export interface RawOrigin {
	readonly url: string;
	/** Heads of the requests, as received. */
	readonly requests: readonly string[];
	/** Number of accepted connections. */
	readonly connections: number;
}

export interface RawRequest {
	readonly path: string;
	/** From 1, over all connections. */
	readonly number: number;
}

/** A server that sends the bytes of the test, whether or not they are HTTP. */
export async function startRawOrigin(
	answer: (socket: Socket, request: RawRequest) => void,
	onConnection: (socket: Socket) => void = () => {},
): Promise<RawOrigin> {
	const state = { requests: [] as string[], connections: 0 };
	const server = createServer((socket) => {
		state.connections += 1;
		let received = '';
		socket.setNoDelay(true).on('data', (chunk) => {
			received += chunk.toString('latin1');
			for (let end = received.indexOf('\r\n\r\n'); end !== -1; ) {
				const head = received.slice(0, end);
				received = received.slice(end + 4);
				end = received.indexOf('\r\n\r\n');
				state.requests.push(head);
				answer(socket, { path: head.split(' ')[1] ?? '', number: state.requests.length });
			}
		});
		onConnection(socket);
	});
	return Object.assign(state, { url: `http://127.0.0.1:${await listen(server)}` });
}

/** A response: lines of its head, then its body. */
export function bytesOf(lines: readonly string[], body: Buffer | string = ''): Buffer {
	const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
	return Buffer.concat([head, Buffer.from(body)]);
}

/** Chunked coding, in chunks of this size. */
export function chunked(body: Buffer, sizeBytes: number, extension = ''): Buffer {
	const pieces: Buffer[] = [];
	for (let start = 0; start < body.length; start += sizeBytes) {
		const piece = body.subarray(start, start + sizeBytes);
		pieces.push(Buffer.from(`${piece.length.toString(16)}${extension}\r\n`), piece, CRLF);
	}
	return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

const CRLF = Buffer.from('\r\n');
