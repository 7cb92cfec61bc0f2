import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { findOverTcp } from '../../src/finder/find-over-tcp.ts';
import type { FoundCountry } from '../../src/finder/search.ts';
import { FINDER_LIMITS } from '../../src/finder/search.ts';
import { startFinder } from '../../src/server/finder/start-finder.ts';
import { collect } from '../helpers/collect.ts';

const NEVER = new AbortController().signal;

let server: Server | undefined;
const accepted: Socket[] = [];

afterEach(async () => {
	for (const socket of accepted.splice(0)) {
		socket.destroy();
	}
	server?.close();
	await (server && once(server, 'close'));
	server = undefined;
});

describe('findOverTcp', () => {
	it('asks the finder, and reads its answer', async () => {
		const finder = await startFinder({ port: 0, host: '127.0.0.1' });
		const address = { host: '127.0.0.1', port: finder.port };

		expect(await all(findOverTcp(address, 'são tomé', NEVER))).toEqual([
			{ code: 'ST', name: 'Sao Tome and Principe', capital: 'São Tomé' },
		]);
		expect(await all(findOverTcp(address, 'island', NEVER))).toHaveLength(18);
		expect(await all(findOverTcp(address, 'qqq', NEVER))).toEqual([]);
		await expect(all(findOverTcp(address, 'a\u0003', NEVER))).rejects.toThrow(
			'closed the connection: a query may not have control characters',
		);
		await finder.close();
	});

	it('yields matches before the answer is whole, wherever the bytes are cut', async () => {
		const { address, talk } = await listen();
		const parts = findOverTcp(address, 'b', NEVER);
		const first = nonEmpty(parts);

		const socket = await talk;
		const bytes = Buffer.from('?> BR\tBrazil\tBrasília\nBO\tBolivia\t');
		for (const byte of bytes) {
			socket.write(Buffer.of(byte));
		}
		expect(await first).toEqual([{ code: 'BR', name: 'Brazil', capital: 'Brasília' }]);

		const left = once(socket, 'end');
		socket.write("Sucre\r\n2 matches for 'b'\r\n?> ");
		expect(await all(parts)).toEqual([{ code: 'BO', name: 'Bolivia', capital: 'Sucre' }]);
		await left;
	});

	it.each([
		['HTTP/1.1 400 Bad Request\r\n\r\n', 'does not speak'],
		['?> U+2656\t♖\tWHITE CHESS ROOK\n', 'does not speak'],
		['x'.repeat(5_000), 'does not speak'],
		[`BR\t${'x'.repeat(5_000)}\t\n1 match for 'b'\n`, 'does not speak'],
		['Closing: \u001b[31mred\u202e\u200b\r.\n', 'connection: \ufffd[31mred\ufffd\ufffd\ufffd.'],
		[`Closing: ${'long '.repeat(200)}\n`, `connection: ${'long '.repeat(40)}…`],
		['Closing: 2 clients are connected.\n', 'closed the connection: 2 clients are connected.'],
		["?> BR\tBrazil\t\n2 matches for 'b'\n", 'announced 2 matches but sent 1'],
		["?> BR\tBrazil\t\nNo match for 'b'\n", 'announced 0 matches but sent 1'],
		['?> BR\tBrazil\tBras', 'before its answer was complete'],
		['', 'before its answer was complete'],
	])('refuses the answer %j', async (answer, message) => {
		const { address, talk } = await listen();
		const failure = all(findOverTcp(address, 'b', NEVER)).catch((error: unknown) => error);

		(await talk).end(answer);

		expect(await failure).toMatchObject({
			name: 'FinderError',
			message: expect.stringMatching(new RegExp(`^127.0.0.1:${address.port} `)) as string,
		});
		expect(String(await failure)).toContain(message);
	});

	it('names the address of a server that is not there', async () => {
		const { address } = await listen();
		server?.close();
		await once(server as Server, 'close');
		server = undefined;

		await expect(all(findOverTcp(address, 'b', NEVER))).rejects.toThrow(
			`cannot reach 127.0.0.1:${address.port}: connection refused`,
		);
	});

	it('does not wait for ever for a silent server', async () => {
		const { address } = await listen();
		const limits = { ...FINDER_LIMITS, stallTimeMs: 100 };

		await expect(all(findOverTcp(address, 'b', NEVER, limits))).rejects.toThrow(
			'no answer in time',
		);
	});

	it('is as patient as its reader, who may be slower than a server may be silent', async () => {
		const { address, talk } = await listen();
		const parts = findOverTcp(address, 'b', NEVER, { ...FINDER_LIMITS, stallTimeMs: 100 });
		const first = nonEmpty(parts);
		const socket = await talk;
		socket.write('BR\tBrazil\tBrasilia\n');
		expect(await first).toHaveLength(1);

		await sleep(300);
		socket.write("BO\tBolivia\tSucre\n2 matches for 'b'\n");

		expect(await all(parts)).toHaveLength(1);
	});

	it('does not read for ever what a server sends without an end', async () => {
		const { address, talk } = await listen();
		const parts = all(findOverTcp(address, 'b', NEVER));
		const socket = await talk;
		const lines = 'BR\tBrazil\tBrasilia\n'.repeat(1000);
		const send = () => {
			while (!socket.destroyed && socket.write(lines)) {
				// Fills the buffers of the kernel.
			}
		};
		socket.on('drain', send).on('error', () => {});
		send();

		await expect(parts).rejects.toThrow('sent more than 100000 matches');
	});

	it('does not wait for ever for a server that trickles', async () => {
		const { address, talk } = await listen();
		const limits = { ...FINDER_LIMITS, totalTimeMs: 200 };
		const parts = all(findOverTcp(address, 'b', NEVER, limits));
		const socket = await talk;
		const trickle = setInterval(() => socket.write('BR\tBrazil\tBrasilia\n'), 10);
		socket.on('error', () => {});

		await expect(parts).rejects.toThrow('was not complete within 0.2 s');
		clearInterval(trickle);
	});

	it('rejects with the reason of the signal, before and in the middle', async () => {
		const { address, talk } = await listen();
		const controller = new AbortController();
		const parts = all(findOverTcp(address, 'b', controller.signal));
		await talk;

		controller.abort(new Error('enough'));

		await expect(parts).rejects.toThrow('enough');
		await expect(all(findOverTcp(address, 'b', controller.signal))).rejects.toThrow('enough');
	});
});

async function listen() {
	server = createServer({ allowHalfOpen: true }, (socket) => {
		accepted.push(socket);
		socket.on('error', () => {});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const talk = once(server, 'connection').then(async (args) => {
		const socket = args[0] as Socket;
		await once(socket, 'data');
		return socket;
	});
	return { address: { host: '127.0.0.1', port }, talk };
}

/** The first part with matches. */
async function nonEmpty(
	parts: AsyncGenerator<readonly FoundCountry[], void>,
): Promise<readonly FoundCountry[]> {
	for (;;) {
		const next = await parts.next();
		if (next.done === true || next.value.length > 0) {
			return next.value ?? [];
		}
	}
}

async function all(parts: AsyncIterable<readonly FoundCountry[]>): Promise<FoundCountry[]> {
	return (await collect(parts)).flat();
}
