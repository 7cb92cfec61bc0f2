import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlagServer, startFlagServer } from '../../src/server/start-flag-server.ts';
import { BR, BR_PATH, readLog } from './faults/faulty-server.ts';
import { httpRequest } from './http-request.ts';
import { get, rawConnect, rawRequest, readAll, readUntil, split } from './raw-socket.ts';

let server: FlagServer;

beforeAll(async () => {
	server = await startFlagServer();
});

afterAll(async () => {
	await server.close();
});

async function expectOthersAnswered(): Promise<void> {
	const { status, body } = await httpRequest(server.url + BR_PATH);
	expect(status).toBe(200);
	expect(body.equals(BR)).toBe(true);
}

const isWholeAnswer = (text: string) => split({ text }).body.length >= BR.length;

it('holds 1,000 keep-alive connections', async () => {
	const sockets: Socket[] = [];
	for (let batch = 0; batch < 20; batch += 1) {
		const opened = Array.from({ length: 50 }, () => rawConnect(server.url));
		sockets.push(...opened);
		await Promise.all(opened.map(ask));
	}
	const { summary } = await readLog(server);
	expect(summary.connections).toBeGreaterThanOrEqual(1000);

	await Promise.all(sockets.map(ask));
	await expectOthersAnswered();
	for (const socket of sockets) {
		socket.destroy();
	}

	async function ask(socket: Socket): Promise<void> {
		const answer = readUntil(socket, isWholeAnswer);
		socket.write(get(BR_PATH));
		expect(await answer).toMatch(/^HTTP\/1\.1 200 OK/);
	}
});

it('stops taking requests from a client that does not read the answers', async () => {
	const before = (await readLog(server)).summary.requests;
	const socket = rawConnect(server.url);
	socket.pause();
	const asked = 50_000;
	for (let sent = 0; sent < asked; sent += 100) {
		socket.write(get(BR_PATH).repeat(100));
	}
	await expectOthersAnswered();

	let taken = before;
	for (let last = -1; last < taken; ) {
		last = taken;
		await sleep(100);
		taken = (await readLog(server)).summary.requests;
	}
	socket.destroy();

	// 50,000 responses are 300 MB; those read fill the buffers of the kernel, and little more.
	expect(taken - before).toBeLessThan(5_000);
	await expectOthersAnswered();
});

describe('a half-open connection', () => {
	it('that says nothing disturbs no other', async () => {
		const silent = Array.from({ length: 50 }, () => rawConnect(server.url));
		const halfSaid = rawConnect(server.url);
		halfSaid.write('GET /flags/br/br.gif HTTP/1.1\r\nHost:');
		await expectOthersAnswered();
		for (const socket of [...silent, halfSaid]) {
			socket.destroy();
		}
	});

	it('whose client has closed its side is answered', async () => {
		const socket = rawConnect(server.url);
		socket.end(get(BR_PATH));
		expect(isWholeAnswer((await readAll(socket, 5_000)).text)).toBe(true);
	});
});

describe('too much of a request', () => {
	it('a request line of 64 KiB is refused', async () => {
		const { text, ending } = await rawRequest(server.url, get(`/${'x'.repeat(65_536)}`));

		expect(text).toMatch(/^HTTP\/1\.1 431 /);
		expect(ending).not.toBe('open');
		await expectOthersAnswered();
	});

	it('an endless header is refused before long', async () => {
		const socket = rawConnect(server.url);
		let sentBytes = 0;
		const feed = () => {
			while (!socket.destroyed && socket.write(`x-${sentBytes}: ${'y'.repeat(1000)}\r\n`)) {
				sentBytes += 1000;
			}
		};
		socket.on('drain', feed);
		socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
		feed();
		const { ending } = await readAll(socket, 10_000);

		expect(ending).not.toBe('open');
		await expectOthersAnswered();
	});

	it('an endless body of a method that is not taken is not read', async () => {
		const socket = rawConnect(server.url);
		socket.write(`POST ${BR_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n`);
		const { text, ending } = await readAll(socket, 5_000);

		expect(text).toMatch(/^HTTP\/1\.1 405 /);
		expect(ending).not.toBe('open');
	});
});

describe('the request line', () => {
	it.each([
		['/flags/../../package.json'],
		['/flags/br/../../../package.json'],
		['/../../../../etc/passwd'],
		['/flags/%2e%2e/%2e%2e/package.json'],
		['/flags/..%2f..%2fpackage.json'],
		['/flags/br/..\\..\\package.json'],
		['/flags/br/br.gif%00'],
		['/flags/br//br.gif'],
		['http://example.org/flags/../package.json'],
		['file:///etc/passwd'],
		['//etc/passwd'],
		['*'],
		['/flags/__proto__/__proto__.gif'],
		['/constructor'],
	])('%s leads nowhere', async (target) => {
		const { text } = await rawRequest(server.url, get(target, 'Connection: close\r\n'));
		expect(text).toMatch(/^HTTP\/1\.1 40[04] /);
	});

	it('may have the absolute form, for whatever host', async () => {
		const answer = await rawRequest(
			server.url,
			get('http://example.org/flags/br/br.gif', 'Connection: close\r\n'),
		);
		expect(split(answer).body.equals(BR)).toBe(true);
	});

	it('must be HTTP', async () => {
		const { text } = await rawRequest(server.url, 'hello\r\n\r\n');
		expect(text).toMatch(/^HTTP\/1\.1 400 /);
	});
});
