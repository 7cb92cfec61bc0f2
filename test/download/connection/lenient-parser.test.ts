import type { Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeLenient } from '../../../src/download/connection/lenient-parser.ts';
import { bytesOf, startRawOrigin } from '../../network/raw-origin.ts';

interface Parser {
	execute(chunk: Buffer): void;
}

type Receive = (packets: readonly Buffer[], isSlow?: boolean) => Promise<string>;

/** Passes packets to the lenient parser of a connection on which a request waits for its response. */
async function connect(): Promise<Receive> {
	const origin = await startRawOrigin(() => {});
	let socket: Socket | undefined;
	const connector = buildConnector({});
	const client = new Client(origin.url, {
		connect: (options, callback) =>
			connector(options, (...[error, connected]) => {
				socket = connected ?? undefined;
				if (error === null) {
					callback(null, connected);
				} else {
					callback(error, null);
				}
			}),
	});
	onTestFinished(async () => await client.destroy());
	client.once('connect', () => socket && makeLenient(socket));

	return async (packets, isSlow = false) => {
		const requests = origin.requests.length;
		const response = client.request({
			method: 'GET',
			path: '/',
			highWaterMark: isSlow ? 1 : 65_536,
		});
		await expect.poll(() => origin.requests.length, { interval: 1 }).toBe(requests + 1);
		const symbol = Object.getOwnPropertySymbols(socket).find((one) => one.description === 'parser');
		const parser = (socket as unknown as Record<symbol, Parser>)[symbol as symbol] as Parser;
		if (isSlow) {
			// undici reads more only if it has consumed what came before.
			socket?.unshift(Buffer.concat(packets));
		} else {
			for (const packet of packets) {
				parser.execute(Buffer.from(packet));
			}
		}
		const { body, headers } = await response;
		return `${String(headers['x'])}: ${await body.text()}`;
	};
}

const CONTENT = '\tc\n\n\t5 ; a\r\n\r\n3; b\n0\r\n\r\n\t';
const HEX = CONTENT.length.toString(16);
const HALVES = [CONTENT.slice(0, 13), CONTENT.slice(13)].map(
	(half, index) =>
		`${half.length.toString(16)}${index === 0 ? '\t;\ta = "b ;c" ; d' : ' '}\r\n${half}\r\n`,
);
const CHUNKED = 'Transfer-Encoding:\tchunked\t';
const OK = 'HTTP/1.1 200 OK';
const ANSWERS: Readonly<Record<string, Buffer>> = {
	'TABs in a header and in content': bytesOf(
		[OK, `Content-Length:\t${CONTENT.length}\t`, 'X: a\tb'],
		CONTENT,
	),
	'TABs behind an interim response': Buffer.concat([
		bytesOf(['HTTP/1.1 103 X', 'Link:\ta\t']),
		bytesOf([OK, `Content-Length:\t${CONTENT.length}\t`, 'X: a\tb'], CONTENT),
	]),
	'TABs on lines without CR': Buffer.from(
		`${OK}\nX: a\tb\nContent-Length: ${CONTENT.length}\t\n\n${CONTENT}`,
	),
	'white space round extensions of chunks': bytesOf(
		[OK, 'X: a\tb', CHUNKED],
		`${HALVES.join('')}0 ; a = b\r\nY: 1 ; 2\r\n\r\n`,
	),
	'lines of sizes without CR': bytesOf([OK, 'X: a\tb', CHUNKED], `${HEX}\n${CONTENT}\n0\n\n`),
	'extensions on lines without CR': bytesOf(
		[OK, 'X: a\tb', CHUNKED],
		`${HEX};a = b\n${CONTENT}\n0 ;\n\n`,
	),
	'empty extensions': bytesOf([OK, 'X: a\tb', CHUNKED], `${HEX};\r\n${CONTENT}\r\n0;;\r\n\r\n`),
};

describe.each(Object.entries(ANSWERS))('%s', (_, answer) => {
	const expected = `a b: ${CONTENT}`;

	it('are taken wherever a packet ends', async () => {
		const receive = await connect();

		for (let end = 1; end <= answer.length; end += 1) {
			const packets = [answer.subarray(0, end), answer.subarray(end)];
			expect({ end, text: await receive(packets) }).toEqual({ end, text: expected });
		}
	});

	it('are taken byte by byte', async () => {
		const receive = await connect();

		expect(await receive([...answer].map((byte) => Buffer.of(byte)))).toBe(expected);
	});

	it('are taken if the reader is slow', async () => {
		const receive = await connect();

		expect(await receive([answer], true)).toBe(expected);
	});
});
