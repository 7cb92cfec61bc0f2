import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openHttpClient } from '../../../src/download/http/client.ts';
import type { Exchange } from '../../../src/download/http/exchange.ts';
import { parseUrl } from '../../../src/download/http/redirect.ts';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import { listen } from '../../network/listen.ts';

const WINDOW_MS = 250;
const LENGTH = 8 * 1024 * 1024;
const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n`;

async function send(answer: (socket: Socket) => void): Promise<Exchange> {
	const port = await listen(createServer((socket) => socket.once('data', () => answer(socket))));
	const options = {
		...DEFAULT_OPTIONS,
		stallTimeMs: WINDOW_MS,
		speedTimeMs: WINDOW_MS,
		speedLimitBytesPerSecond: 1_000_000,
	};
	const client = openHttpClient(options, 1, new AbortController().signal);
	onTestFinished(async () => await client.close());
	const url = `http://127.0.0.1:${port}/a`;
	const place = parseUrl({ id: 'a', index: 0, url, dest: '/a' }, url);
	const hop = { url: place, isListed: true, authorization: undefined, cookie: undefined };
	return client.send(hop, undefined);
}

it('an answer is not too slow because its reader is', async () => {
	const exchange = await send((socket) => socket.write(HEAD + 'x'.repeat(LENGTH)));
	await exchange.head();

	await sleep(5 * WINDOW_MS);

	let bytes = 0;
	for (let chunks = await exchange.read(); chunks !== undefined; chunks = await exchange.read()) {
		bytes += chunks.reduce((sum, { length }) => sum + length, 0);
	}
	expect(bytes).toBe(LENGTH);
});

it('an answer is too slow if it comes in drops, even if its reader is slow, too', async () => {
	const exchange = await send((socket) => {
		socket.write(HEAD);
		const timer = setInterval(() => socket.write('x'), 20);
		socket.on('close', () => clearInterval(timer));
		socket.on('error', () => {});
	});
	await exchange.head();

	await sleep(5 * WINDOW_MS);

	exchange.take();
	await expect(exchange.read()).rejects.toThrow(
		/^too slow: \d+ B\/s during the last 0\.25 s, less/,
	);
});
