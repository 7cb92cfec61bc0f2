import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/download/http/exchange.ts';
import { placeOf } from '../../../src/targets/url.ts';
import { contextWith } from '../../helpers/download.ts';
import { bytesOf, startRawOrigin } from '../../network/raw-origin.ts';

/** One byte more than an exchange queues: it pauses at the last chunk, whatever the sizes. */
const BODY = Buffer.alloc((1024 + 128) * 1024 + 1, 'x');
const OK = 'HTTP/1.1 200 OK';
const LENGTH = `Content-Length: ${BODY.length}`;
const LONGER = `Content-Length: ${BODY.length + 1}`;
const CLOSE = 'Connection: close';
const CHUNKED = 'Transfer-Encoding: chunked';
/** The only chunk, without its end. */
const CHUNK = Buffer.concat([Buffer.from(`${BODY.length.toString(16)}\r\n`), BODY]);

async function startExchange(...answer: Buffer[]): Promise<{ exchange: Exchange; socket: Socket }> {
	const accepted: Socket[] = [];
	const origin = await startRawOrigin(
		(socket) => void socket.write(Buffer.concat(answer)),
		(socket) => accepted.push(socket),
	);
	const url = placeOf(new URL(origin.url));
	const hop = { url, isListed: true, authorization: undefined, cookie: undefined };
	const exchange = contextWith().http.send(hop, undefined);
	await exchange.head();
	return { exchange, socket: accepted[0] as Socket };
}

/** Polls, since reading would resume the exchange. */
async function untilReceived(exchange: Exchange, bytes: number): Promise<void> {
	while (exchange.bytes < bytes) {
		await new Promise((resolve) => setImmediate(resolve));
	}
}

async function readAll(exchange: Exchange): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for (let read = await exchange.read(); read !== undefined; read = await exchange.read()) {
		chunks.push(...read);
	}
	return Buffer.concat(chunks);
}

describe('an exchange that is paused when the server closes the connection', () => {
	it.each([
		['that has a length', [OK, LENGTH], BODY],
		['that has a length and ends with its connection', [OK, LENGTH, CLOSE], BODY],
		['that only its connection ends', [OK, CLOSE], BODY],
	])('still has the whole of an answer %s', async (_name, lines, body) => {
		const { exchange, socket } = await startExchange(bytesOf(lines, body));
		await untilReceived(exchange, BODY.length);

		socket.end();
		await once(socket, 'close');

		expect((await readAll(exchange)).equals(BODY)).toBe(true);
		expect(exchange.isWhole).toBe(true);
	});

	it.each([
		['that has a length', [OK, LONGER], BODY],
		['that has a length and ends with its connection', [OK, LONGER, CLOSE], BODY],
		['in chunks that ends with its connection', [OK, CHUNKED, CLOSE], CHUNK],
	])('fails if it has but a part of an answer %s', async (_name, lines, body) => {
		const { exchange, socket } = await startExchange(bytesOf(lines, body));
		await untilReceived(exchange, BODY.length);

		socket.end();
		await once(socket, 'close');

		await expect(readAll(exchange)).rejects.toThrow(/closed|length|EOF/);
		expect(exchange.isWhole).toBe(false);
	});

	it.each([
		['that has a length', [OK, LONGER]],
		['that has a length and ends with its connection', [OK, LONGER, CLOSE]],
		['that only its connection ends', [OK, CLOSE]],
	])('fails if the connection of an answer %s is reset', async (_name, lines) => {
		const { exchange, socket } = await startExchange(bytesOf(lines, BODY.subarray(1)));
		await untilReceived(exchange, BODY.length - 1);
		socket.write('x');
		await untilReceived(exchange, BODY.length);

		socket.resetAndDestroy();
		await once(socket, 'close');

		await expect(readAll(exchange)).rejects.toThrow('ECONNRESET');
		expect(exchange.isWhole).toBe(false);
	});
});

it('hands content that arrives byte by byte to its reader in larger pieces', async () => {
	const count = 100_000;
	const body = `${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`;
	const { exchange } = await startExchange(bytesOf([OK, CHUNKED], body));
	await untilReceived(exchange, count);

	const chunks = await exchange.read();

	expect(Buffer.concat(chunks ?? []).toString()).toBe('x'.repeat(count));
	expect(chunks?.length).toBeLessThan(count / 100);
});
