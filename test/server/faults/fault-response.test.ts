import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { parseScenario } from '../../../src/scenarios/load-scenario.ts';
import { type FlagServer, startFlagServer } from '../../../src/server/start-flag-server.ts';
import { httpRequest } from '../http-request.ts';
import { BR, BR_PATH, readLog, startFaulty } from './faulty-server.ts';

const DIGEST = `sha-256=:${createHash('sha256').update(BR).digest('base64')}:`;

let server: FlagServer;

afterEach(async () => {
	await server.close();
});

async function meet(action: object, path = BR_PATH, headers: Record<string, string> = {}) {
	server = await startFaulty(action);
	return await httpRequest(server.url + path, { headers });
}

describe('status', () => {
	it('has its code and nothing of the flag', async () => {
		const { status, headers, body } = await meet({ type: 'status', status: 503 });

		expect(status).toBe(503);
		expect(headers['retry-after']).toBeUndefined();
		expect(headers.etag).toBeUndefined();
		expect(body.toString()).toBe('503 by the scenario\n');
	});

	it('asks to wait in seconds', async () => {
		const { headers } = await meet({ type: 'status', status: 429, retryAfter: '3s' });
		expect(headers['retry-after']).toBe('3');
	});

	it('asks to wait until a date that is not too early', async () => {
		const beforeMs = Date.now();
		const { headers } = await meet({
			type: 'status',
			status: 503,
			retryAfter: '3s',
			retryAfterForm: 'date',
		});
		const untilMs = Date.parse(headers['retry-after'] ?? '');

		expect(headers['retry-after']).toMatch(/ GMT$/);
		expect(untilMs).toBeGreaterThanOrEqual(beforeMs + 3_000);
		expect(untilMs).toBeLessThan(Date.now() + 4_000);
	});
});

describe('substitute', () => {
	it.each([
		['html-200', 200, 'text/html; charset=utf-8', /^<!doctype html>/],
		['empty-200', 200, 'image/gif', /^$/],
		['no-content-204', 204, undefined, /^$/],
		['wrong-type', 200, 'text/html; charset=utf-8', /^GIF89a/],
		['other-file', 200, 'image/gif', /^GIF89a/],
	])('%s', async (what, status, contentType, body) => {
		const answer = await meet({ type: 'substitute', with: what });

		expect(answer.status).toBe(status);
		expect(answer.headers['content-type']).toBe(contentType);
		expect(answer.headers['repr-digest']).toBe(DIGEST);
		expect(answer.body.toString('latin1')).toMatch(body);
		expect(answer.body.equals(BR)).toBe(what === 'wrong-type');
	});

	it.each([['html-200'], ['empty-200'], ['no-content-204'], ['wrong-type'], ['other-file']])(
		'%s can withhold the digest',
		async (what) => {
			const { headers } = await meet({ type: 'substitute', with: what, digest: false });
			expect(headers['repr-digest']).toBeUndefined();
		},
	);

	it('other-file is another flag indeed, also where countries share one', async () => {
		// The flags of Bouvet Island and Svalbard equal that of Norway.
		server = await startFaulty({ type: 'substitute', with: 'other-file' });
		const norway = readFileSync(new URL('../../../fixtures/flags/no/no.gif', import.meta.url));

		for (const run of ['1', '2', '3']) {
			const { body } = await httpRequest(`${server.url}/flags/no/no.gif`, {
				headers: { 'x-flagdl-run': run },
			});
			expect(body.equals(norway)).toBe(false);
			expect(body.subarray(0, 3).toString()).toBe('GIF');
		}
	});

	it('other-file gives metadata for metadata', async () => {
		const { body } = await meet(
			{ type: 'substitute', with: 'other-file' },
			'/flags/la/metadata.json',
		);
		expect(JSON.parse(body.toString())).not.toMatchObject({ iso_cc: 'LA' });
	});
});

describe('corrupt', () => {
	it.each([1, 3, 100])('changes %d bytes, and neither first nor last', async (count) => {
		const { headers, body } = await meet({ type: 'corrupt', count });
		const changed = [...body.entries()].filter(([index, byte]) => byte !== BR[index]);

		expect(body.length).toBe(BR.length);
		expect(changed).toHaveLength(count);
		expect(body.subarray(0, 13).equals(BR.subarray(0, 13))).toBe(true);
		expect(body.at(-1)).toBe(0x3b);
		expect(headers['repr-digest']).toBe(DIGEST);
	});

	it('changes the same bytes in every run, and others in the next attempt', async () => {
		server = await startFaulty({ type: 'corrupt' });
		const ask = async (run: string) =>
			(await httpRequest(server.url + BR_PATH, { headers: { 'x-flagdl-run': run } })).body;
		const [a1, a2, b1] = [await ask('a'), await ask('a'), await ask('b')];

		expect(a1.equals(b1)).toBe(true);
		expect(a1.equals(a2)).toBe(false);
	});

	it('can withhold the digest', async () => {
		const { headers } = await meet({ type: 'corrupt', digest: false });
		expect(headers['repr-digest']).toBeUndefined();
	});
});

describe('encoded', () => {
	it.each([
		['gzip', gunzipSync],
		['deflate', inflateSync],
		['br', brotliDecompressSync],
	] as const)(
		'is the file in %s, with the length and digest of what is sent',
		async (coding, decode) => {
			const { status, headers, body } = await meet({ type: 'encoded', coding });
			const digest = createHash('sha256').update(body).digest('base64');

			expect([status, headers['content-encoding']]).toEqual([200, coding]);
			expect(headers['content-length']).toBe(String(body.length));
			expect(headers['repr-digest']).toBe(`sha-256=:${digest}:`);
			expect(headers.etag).toBeUndefined();
			expect(decode(body).equals(BR)).toBe(true);
		},
	);

	it.each([
		['gzip', gunzipSync],
		['deflate', inflateSync],
		['br', brotliDecompressSync],
	] as const)(
		'can be a broken stream of %s, whole by its length and digest',
		async (coding, decode) => {
			const { headers, body } = await meet({ type: 'encoded', coding, broken: true });
			const digest = createHash('sha256').update(body).digest('base64');

			expect(headers['content-length']).toBe(String(body.length));
			expect(headers['repr-digest']).toBe(`sha-256=:${digest}:`);
			expect(() => decode(body)).toThrow('unexpected end of file');
		},
	);
});

describe('a false answer is one of the whole file, also to a request for a range:', () => {
	it.each([
		{ type: 'encoded', coding: 'gzip' },
		{ type: 'trailing' },
		{ type: 'corrupt', digest: false },
		{ type: 'substitute', with: 'wrong-type' },
		{ type: 'malformed', what: 'content-encoding' },
		{ type: 'truncate', framing: 'close-delimited' },
	])('%j', async (action) => {
		const { status, headers } = await meet(action, BR_PATH, { range: 'bytes=5-9' });

		expect([status, headers['content-range']]).toEqual([200, undefined]);
	});
});

it('a length that is too large comes without what a rest could be asked for by', async () => {
	server = await startFaulty({ type: 'malformed', what: 'content-length-too-large' });
	const { headers } = await fetch(server.url + BR_PATH);

	expect(headers.get('content-length')).toBe(String(BR.length + 1000));
	expect([headers.get('etag'), headers.get('last-modified')]).toEqual([null, null]);
});

describe('redirect', () => {
	it('leads over its hops to the flag, and is one attempt', async () => {
		server = await startFaulty({ type: 'redirect', hops: 2, status: 307 });
		const first = await httpRequest(server.url + BR_PATH);
		const second = await httpRequest(server.url + String(first.headers.location));
		const third = await httpRequest(server.url + String(second.headers.location));

		expect([first.status, second.status, third.status]).toEqual([307, 307, 200]);
		expect(third.body.equals(BR)).toBe(true);
		const { requests } = await readLog(server);
		expect(requests.map(({ attempt, hop }) => [attempt, hop])).toEqual([
			[1, undefined],
			[1, 1],
			[1, 2],
		]);
	});

	it('endless leads to itself', async () => {
		const first = await meet({ type: 'redirect', hops: 'endless' });
		const second = await httpRequest(server.url + String(first.headers.location));

		expect([first.status, second.status]).toEqual([302, 302]);
		expect(second.headers.location).toBe(first.headers.location);
	});

	it('cannot be used to choose an attempt', async () => {
		server = await startFaulty([{ type: 'reset' }]);
		await expect(httpRequest(`${server.url}${BR_PATH}?flagdl-hop=1.9`)).rejects.toMatchObject({
			code: 'ECONNRESET',
		});
		expect((await readLog(server)).requests[0]).toMatchObject({ attempt: 1 });
	});
});

describe('cookie-wall', () => {
	it('leads to itself with a cookie, and lets pass what has it: one attempt', async () => {
		server = await startFaulty({ type: 'cookie-wall' });
		const first = await httpRequest(server.url + BR_PATH);
		const [pair = ''] = String(first.headers['set-cookie']).split(';');
		const again = await httpRequest(server.url + BR_PATH, {
			headers: { cookie: `a=b; ${pair}; c=d` },
		});

		expect([first.status, first.headers.location]).toEqual([302, BR_PATH]);
		expect(String(first.headers['set-cookie'])).toMatch(`; Path=${BR_PATH}`);
		expect(again.status).toBe(200);
		expect(again.body.equals(BR)).toBe(true);
		const { requests } = await readLog(server);
		expect(requests.map(({ attempt, hop }) => [attempt, hop])).toEqual([
			[1, undefined],
			[1, 1],
		]);
	});

	it('leads on and on without the cookie', async () => {
		server = await startFaulty({ type: 'cookie-wall' });
		for (const cookie of ['a=b', 'not-flagdl-wall=1', 'flagdl-wall=x']) {
			const { status } = await httpRequest(server.url + BR_PATH, { headers: { cookie } });
			expect(status).toBe(302);
		}
	});

	it('is the only fault whose attempt a cookie chooses', async () => {
		server = await startFaulty({ type: 'redirect', hops: 1 });
		const headers = { cookie: 'flagdl-wall=9' };
		await httpRequest(server.url + BR_PATH, { headers });
		expect((await readLog(server)).requests[0]).toMatchObject({ attempt: 1 });
	});
});

describe('an answer without a body', () => {
	const FAULTS = [
		{ type: 'truncate' },
		{ type: 'corrupt' },
		{ type: 'malformed', what: 'chunk' },
		{ type: 'malformed', what: 'content-length-too-small' },
		{ type: 'malformed', what: 'content-encoding' },
		{ type: 'malformed', what: 'content-length-twice' },
		{ type: 'encoded', coding: 'gzip' },
	];

	it.each(FAULTS)('is not touched by $type $what: HEAD', async (action) => {
		server = await startFaulty(action);
		const { status, body } = await httpRequest(server.url + BR_PATH, { method: 'HEAD' });
		expect([status, body.length]).toEqual([200, 0]);
	});

	it.each(FAULTS)('is not touched by $type $what: 304', async (action) => {
		server = await startFaulty(action);
		const { status, body } = await httpRequest(server.url + BR_PATH, {
			headers: { 'if-none-match': '*' },
		});
		expect([status, body.length]).toEqual([304, 0]);
	});
});

describe('attempts', () => {
	it('are counted for each run and path, whatever the query', async () => {
		const scenario = parseScenario({
			version: 1,
			rules: [{ id: 'a', attempts: '1', then: { type: 'status', status: 500 } }],
		});
		server = await startFlagServer({ scenario });
		const ask = async (path: string, headers = {}) =>
			(await httpRequest(server.url + path, { headers })).status;

		expect(await ask(`${BR_PATH}?a`)).toBe(500);
		expect(await ask(`${BR_PATH}?b`)).toBe(200);
		expect(await ask('/flags/br/metadata.json')).toBe(500);
		expect(await ask(BR_PATH, { 'x-flagdl-run': 'other' })).toBe(500);
		expect(await ask(BR_PATH)).toBe(200);

		await httpRequest(`${server.url}/__flagdl/reset`, { method: 'POST' });
		expect(await ask(BR_PATH)).toBe(500);
	});
});

it('names the rule only where asked to', async () => {
	const hidden = await meet({ type: 'status', status: 500 });
	expect(hidden.headers['x-flagdl-fault']).toBeUndefined();
	await server.close();

	server = await startFaulty({ type: 'status', status: 500 }, { revealFaults: true });
	const { headers } = await httpRequest(server.url + BR_PATH);
	expect(headers['x-flagdl-fault']).toBe('rule-0');
});
