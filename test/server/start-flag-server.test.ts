import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlagServer, startFlagServer } from '../../src/server/start-flag-server.ts';
import { httpRequest } from './http-request.ts';

const BR = readFileSync(new URL('../../fixtures/flags/br/br.gif', import.meta.url));
const DIGEST = `sha-256=:${createHash('sha256').update(BR).digest('base64')}:`;

let server: FlagServer;
let br: string;

beforeAll(async () => {
	server = await startFlagServer();
	br = `${server.url}/flags/br/br.gif`;
});

afterAll(async () => {
	await server.close();
});

describe('a flag', () => {
	it('has the bytes of the fixtures, and says so', async () => {
		const { status, headers, body } = await httpRequest(br);

		expect(status).toBe(200);
		expect(body.equals(BR)).toBe(true);
		expect(headers).toMatchObject({
			'content-type': 'image/gif',
			'content-length': String(BR.length),
			'repr-digest': DIGEST,
			'accept-ranges': 'bytes',
		});
		expect(headers.etag).toMatch(/^"[0-9a-f]{24}"$/);
	});

	it('answers HEAD with the same fields and no body', async () => {
		const get = await httpRequest(br);
		const head = await httpRequest(br, { method: 'HEAD' });

		expect(head.body.length).toBe(0);
		expect({ ...head.headers, date: '' }).toMatchObject({
			'content-length': get.headers['content-length'],
			'repr-digest': DIGEST,
			etag: get.headers.etag,
		});
	});

	it('comes with metadata', async () => {
		const { headers, body } = await httpRequest(`${server.url}/flags/br/metadata.json`);

		expect(headers['content-type']).toBe('application/json');
		expect(JSON.parse(body.toString())).toMatchObject({ country: 'Brazil', iso_cc: 'BR' });
	});

	it.each([
		['/flags/BR/BR.gif'],
		['/flags/br/jp.gif'],
		['/flags/xx/xx.gif'],
		['/flags/br/../br/br.gif'],
		['/flags/%62r/br.gif'],
		['/flags/br/br.gif/'],
		['/flags'],
		['//flags/br/br.gif'],
	])('is not under any other name: %s', async (path) => {
		// A separate `path`, since `URL` would resolve its dots.
		const { status } = await httpRequest(server.url, { path });
		expect(status).toBe(404);
	});

	it('does not take POST', async () => {
		const { status, headers } = await httpRequest(br, { method: 'POST' });
		expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
	});
});

describe('a conditional request', () => {
	it.each([
		['the tag', (etag: string) => ({ 'if-none-match': etag }), 304],
		['a list with the tag, weak', (etag: string) => ({ 'if-none-match': `"x", W/${etag}` }), 304],
		['any tag', () => ({ 'if-none-match': '*' }), 304],
		['another tag', () => ({ 'if-none-match': '"x"' }), 200],
		['the date', () => ({ 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }), 304],
		['a date before', () => ({ 'if-modified-since': 'Wed, 31 Dec 2025 23:59:59 GMT' }), 200],
		['no date', () => ({ 'if-modified-since': '-1' }), 200],
		[
			'another tag and the date: the tag decides',
			() => ({ 'if-none-match': '"x"', 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }),
			200,
		],
	])('with %s', async (_name, headersFor, expected) => {
		const { headers } = await httpRequest(br, { method: 'HEAD' });
		const answer = await httpRequest(br, { headers: headersFor(String(headers.etag)) });

		expect(answer.status).toBe(expected);
		expect(answer.headers['repr-digest']).toBe(DIGEST);
		if (expected === 304) {
			expect(answer.body.length).toBe(0);
		}
	});
});

describe('a range', () => {
	const last = BR.length - 1;

	it.each([
		['bytes=0-9', 0, 9],
		['bytes=100-', 100, last],
		['bytes=-10', last - 9, last],
		['bytes=5-999999', 5, last],
		['bytes=-999999', 0, last],
	])('%s is sent as 206', async (range, from, to) => {
		const { status, headers, body } = await httpRequest(br, { headers: { range } });

		expect(status).toBe(206);
		expect(headers['content-range']).toBe(`bytes ${from}-${to}/${BR.length}`);
		expect(headers['repr-digest']).toBe(DIGEST);
		expect(body.equals(BR.subarray(from, to + 1))).toBe(true);
	});

	it.each([['bytes=999999-'], ['bytes=-0']])('%s cannot be satisfied', async (range) => {
		const { status, headers } = await httpRequest(br, { headers: { range } });
		expect([status, headers['content-range']]).toEqual([416, `bytes */${BR.length}`]);
	});

	it.each([['bytes=0-1,4-5'], ['bytes=9-5'], ['items=0-1'], ['bytes=-']])(
		'%s is ignored',
		async (range) => {
			const { status, body } = await httpRequest(br, { headers: { range } });
			expect([status, body.length]).toEqual([200, BR.length]);
		},
	);

	it('counts with If-Range only where the file is the same', async () => {
		const { headers } = await httpRequest(br, { method: 'HEAD' });
		const etag = String(headers.etag);
		const ask = async (ifRange: string) =>
			(await httpRequest(br, { headers: { range: 'bytes=0-1', 'if-range': ifRange } })).status;

		expect(await ask(etag)).toBe(206);
		expect(await ask('Thu, 01 Jan 2026 00:00:00 GMT')).toBe(206);
		expect(await ask('"x"')).toBe(200);
		expect(await ask(`W/${etag}`)).toBe(200);
	});
});

it('is healthy by GET and by HEAD', async () => {
	const get = await httpRequest(`${server.url}/healthz`);
	const head = await httpRequest(`${server.url}/healthz`, { method: 'HEAD' });

	expect([get.status, head.status]).toEqual([200, 200]);
	expect(JSON.parse(get.body.toString())).toEqual({ status: 'ok' });
	expect(head.body.length).toBe(0);
});

it('says that its port is taken', async () => {
	await expect(startFlagServer({ port: server.port })).rejects.toMatchObject({
		code: 'EADDRINUSE',
	});
});
