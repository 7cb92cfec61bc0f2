import { afterEach, describe, expect, it } from 'vitest';
import type { FlagServer } from '../../../src/server/start-flag-server.ts';
import { get, rawConnect, rawRequest, readAll, readUntil, split } from '../raw-socket.ts';
import { BR, BR_PATH, readLog, startFaulty } from './faulty-server.ts';

let server: FlagServer;

afterEach(async () => {
	await server.close();
});

async function meet(action: object, maxMs?: number) {
	server = await startFaulty(action);
	return await rawRequest(server.url, get(BR_PATH), maxMs);
}

describe.each([
	['reset', 'reset'],
	['close', 'fin'],
	['stall', 'open'],
] as const)('%s', (type, ending) => {
	const maxMs = type === 'stall' ? 150 : undefined;

	it('before the headers: nothing comes', async () => {
		expect(await meet({ type }, maxMs)).toEqual({ text: '', ending });
	});

	it('after the headers: nothing else comes', async () => {
		const answer = await meet({ type, at: 'after-headers' }, maxMs);

		expect(answer.ending).toBe(ending);
		expect(split(answer).head).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*content-length: 5882/);
		expect(split(answer).body.length).toBe(0);
	});

	it.each([
		[{ fraction: 0.5 }, 2941],
		[{ fraction: 0 }, 0],
		[{ fraction: 1 }, 5881],
		[{ bytes: '100B' }, 100],
		[{ bytes: '1MB' }, 5881],
	])('after %j of the body: never all of it', async (at, bytes) => {
		const answer = await meet({ type, at }, maxMs);

		expect(answer.ending).toBe(ending);
		expect(split(answer).body.equals(BR.subarray(0, bytes))).toBe(true);
	});

	it('is logged as broken, without a status that was not sent', async () => {
		await meet({ type }, maxMs);
		const { requests } = await readLog(server);

		expect(requests[0]).toMatchObject({ bytes: 0, outcome: 'broken' });
		expect(requests[0]?.status).toBeUndefined();
	});

	it('is logged as broken, with what was sent', async () => {
		await meet({ type, at: { bytes: '100B' } }, maxMs);
		const { requests } = await readLog(server);

		expect(requests[0]).toMatchObject({
			path: BR_PATH,
			attempt: 1,
			rule: 'rule-0',
			status: 200,
			bytes: 100,
			outcome: 'broken',
		});
	});
});

describe('before the headers on a connection that was used before', () => {
	it.each([
		['reset', 'reset'],
		['close', 'fin'],
	])('%s leaves no doubt that the request was taken up', async (type, ending) => {
		server = await startFaulty({ type });
		const socket = rawConnect(server.url);
		socket.write(get('/healthz'));
		await readUntil(socket, (text) => text.includes('"ok"'));
		socket.write(get(BR_PATH));

		expect(await readAll(socket, 5_000)).toEqual({ text: 'HTTP/1.1', ending });
	});
});

describe('truncate', () => {
	const at = { fraction: 0.5 };

	it('content-length: announces all, sends half, closes', async () => {
		const answer = await meet({ type: 'truncate', at });

		expect(answer.ending).toBe('fin');
		expect(split(answer).head).toContain('content-length: 5882');
		expect(split(answer).body.length).toBe(2941);
	});

	it('chunked: sends no last chunk', async () => {
		const answer = await meet({ type: 'truncate', at, framing: 'chunked' });

		expect(answer.ending).toBe('fin');
		expect(split(answer).head).toMatch(/transfer-encoding: chunked/i);
		expect(split(answer).head).not.toMatch(/content-length/i);
		expect(split(answer).body.toString('latin1')).toMatch(/^b7d\r\nGIF89a/);
		expect(answer.text).not.toMatch(/\r\n0\r\n/);
	});

	it('close-delimited: looks whole, but for the digest and the end marker', async () => {
		const answer = await meet({ type: 'truncate', at, framing: 'close-delimited' });
		const { head, body } = split(answer);

		expect(answer.ending).toBe('fin');
		expect(head).not.toMatch(/content-length|transfer-encoding/i);
		expect(head).toMatch(/connection: close/i);
		expect(head).toMatch(/repr-digest: sha-256=:/i);
		expect(body.equals(BR.subarray(0, 2941))).toBe(true);
	});

	it('close-delimited without digest never ends in the end marker by chance', async () => {
		const bytes = BR.indexOf(0x3b, 100) + 1;
		const answer = await meet({
			type: 'truncate',
			at: { bytes: `${bytes}B` },
			framing: 'close-delimited',
			digest: false,
		});
		const { head, body } = split(answer);

		expect(bytes).toBeLessThan(BR.length);
		expect(head).not.toMatch(/repr-digest/i);
		expect(body.length).toBeLessThan(bytes);
		expect(body.at(-1)).not.toBe(0x3b);
	});
});

describe('malformed', () => {
	it('chunk', async () => {
		const answer = await meet({ type: 'malformed', what: 'chunk' });

		expect(answer.ending).toBe('fin');
		expect(split(answer).head).toMatch(/transfer-encoding: chunked/i);
		expect(split(answer).body.toString()).toBe('this is no chunk\r\n');
	});

	it('status-line', async () => {
		const answer = await meet({ type: 'malformed', what: 'status-line' });
		expect(answer).toEqual({ text: 'this is no status line\r\n\r\n', ending: 'fin' });
	});

	it('headers-too-large', async () => {
		const answer = await meet({ type: 'malformed', what: 'headers-too-large' });

		expect(answer.text).toMatch(/^HTTP\/1\.1 200 OK/);
		expect(split(answer).head.length).toBeGreaterThan(128 * 1024);
	});

	it('content-length-too-small: more comes than was announced', async () => {
		const answer = await meet({ type: 'malformed', what: 'content-length-too-small' });
		const announced = Number(/content-length: (\d+)/i.exec(split(answer).head)?.[1]);

		expect(announced).toBeLessThan(3000);
		expect(BR.at(announced - 1)).not.toBe(0x3b);
		expect(split(answer).body.equals(BR)).toBe(true);
		expect(answer.ending).toBe('fin');
	});

	it('content-length-too-large: less comes than was announced', async () => {
		const answer = await meet({ type: 'malformed', what: 'content-length-too-large' });

		expect(split(answer).head).toContain('content-length: 6882');
		expect(split(answer).body.equals(BR)).toBe(true);
		expect(answer.ending).toBe('fin');
	});

	it('content-length-twice: two lengths, and they differ', async () => {
		const answer = await meet({ type: 'malformed', what: 'content-length-twice' });

		expect(split(answer).head.match(/content-length: \d+/gi)).toEqual([
			'content-length: 5882',
			'content-length: 6882',
		]);
		expect(split(answer).body.equals(BR)).toBe(true);
		expect(answer.ending).toBe('fin');
	});

	it('content-encoding: says gzip, begins like gzip, and is none', async () => {
		server = await startFaulty({ type: 'malformed', what: 'content-encoding' });
		const answer = await rawRequest(server.url, get(BR_PATH, 'Connection: close\r\n'));
		const { head, body } = split(answer);

		expect(head).toMatch(/content-encoding: gzip/i);
		expect(head).toContain(`content-length: ${body.length}`);
		expect(body.subarray(0, 2).toString('hex')).toBe('1f8b');
	});
});

describe('continue', () => {
	it('puts an interim response before the answer, though none was asked for', async () => {
		server = await startFaulty({ type: 'continue' });
		const answer = await rawRequest(server.url, get(BR_PATH, 'Connection: close\r\n'));
		const interim = 'HTTP/1.1 100 Continue\r\n\r\n';

		expect(answer.text.startsWith(`${interim}HTTP/1.1 200 OK\r\n`)).toBe(true);
		expect(split({ text: answer.text.slice(interim.length) }).body.equals(BR)).toBe(true);
	});

	it('is nothing that HTTP/1.0 knows', async () => {
		server = await startFaulty({ type: 'continue' });
		const answer = await rawRequest(server.url, `GET ${BR_PATH} HTTP/1.0\r\n\r\n`);
		expect(answer.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
	});
});

describe('keepalive-race', () => {
	it('closes a used connection without a byte, once, and the attempt keeps its number', async () => {
		server = await startFaulty({ type: 'keepalive-race' });
		const socket = rawConnect(server.url);
		socket.write(get('/healthz'));
		await readUntil(socket, (text) => text.includes('"ok"'));
		socket.write(get(BR_PATH));
		expect(await readAll(socket, 5_000)).toEqual({ text: '', ending: 'fin' });

		const again = rawConnect(server.url);
		again.write(get('/healthz'));
		await readUntil(again, (text) => text.includes('"ok"'));
		again.write(get(BR_PATH, 'Connection: close\r\n'));
		expect((await readAll(again, 5_000)).text).toMatch(/^HTTP\/1\.1 200 OK/);

		const { requests } = await readLog(server);
		expect(requests.map(({ attempt, rule, outcome }) => [attempt, rule, outcome])).toEqual([
			[1, 'rule-0', 'broken'],
			[1, 'rule-0', 'answered'],
		]);
	});

	it('does nothing to a fresh connection', async () => {
		server = await startFaulty({ type: 'keepalive-race' });
		const answer = await rawRequest(server.url, get(BR_PATH, 'Connection: close\r\n'));
		expect(split(answer).body.equals(BR)).toBe(true);
	});
});
