import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlagServer, startFlagServer } from '../../../src/server/start-flag-server.ts';

let server: FlagServer;

beforeAll(async () => {
	server = await startFlagServer();
});

afterAll(() => server.close());

describe('GET /', () => {
	it('is a page whose policy allows its own script and style by hash, and nothing from elsewhere', async () => {
		const response = await fetch(`${server.url}/`);
		const policy = response.headers.get('content-security-policy') ?? '';

		expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
		expect(policy).toContain("default-src 'none'");
		expect(policy).toMatch(/script-src 'sha256-[^ ]+';/);
		expect(policy).not.toContain('unsafe');
		expect(policy).not.toMatch(/https?:|\*/);
	});

	it('never has the query in it', async () => {
		const plain = await (await fetch(`${server.url}/`)).text();
		const hostile = await (await fetch(`${server.url}/?q=%22%3E%3Cscript%3E`)).text();

		expect(hostile).toBe(plain);
	});

	it('names no other host', async () => {
		const html = await (await fetch(`${server.url}/`)).text();

		expect(html.replaceAll('http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg', '')).not.toMatch(
			/https?(:|%3A)|src="\/\/|@import/,
		);
	});
});
