import { describe, expect, it } from 'vitest';
import { type BenchSettings, bench } from '../../src/library/bench.ts';
import { type DownloadSettings, download } from '../../src/library/download.ts';
import type { TargetInputs } from '../../src/library/targets.ts';

async function problemOf(targets: unknown, settings?: unknown): Promise<unknown> {
	try {
		await download(targets as TargetInputs, settings as DownloadSettings);
		return undefined;
	} catch (error) {
		return error;
	}
}

describe('settings', () => {
	it('are refused with all that is wrong with them', async () => {
		const error = await problemOf([], {
			retrys: 3,
			concurency: 2,
			concurrency: 0,
			strategy: 'asinc',
		});

		expect(error).toBeInstanceOf(TypeError);
		const { message } = error as Error;
		expect(message).toMatch(/^4 problems:\n/);
		expect(message).toMatch(
			/^ {2}settings\.retrys: found an unknown key; .*; did you mean retries\?$/m,
		);
		expect(message).toMatch(/^ {2}settings\.concurency: .*; did you mean concurrency\?$/m);
		expect(message).toMatch(
			/^ {2}settings\.concurrency: found 0; allowed: a whole number from 1 to 10000$/m,
		);
		expect(message).toMatch(
			/^ {2}settings\.strategy: found "asinc"; allowed: .*; did you mean async\?$/m,
		);
	});

	it.each([
		[{ threads: 1.5 }, 'settings.threads: found 1.5; allowed: a whole number from 1 to 1000'],
		[{ concurrency: Number.NaN }, 'settings.concurrency: found NaN; allowed: a whole number'],
		[{ maxTimeMs: '5s' }, 'settings.maxTimeMs: found "5s"; allowed: a number'],
		[{ onProgress: true }, 'settings.onProgress: found true; allowed: a function'],
		[{ signal: new AbortController() }, 'settings.signal: found {}; allowed: an AbortSignal'],
		[{ dir: () => {} }, 'settings.dir: found a function; allowed: a text'],
		[{ proxy: { http: 'http://p' } }, 'settings.proxy.http: found an unknown key; allowed:'],
		[{ headers: { 'a b': 'c' } }, 'settings.headers.a b: found a string; allowed: the name of'],
		[{ headers: { range: 'bytes=0-' } }, 'allowed: the name of a header field that flagdl'],
		[{ headers: { a: 'b\r\nc: d' } }, 'settings.headers.a: found a string; allowed: one line'],
		[null, 'settings: found null; allowed: an object'],
		['fast', 'settings: found "fast"; allowed: an object'],
		[['fast'], 'settings: found ["fast"]; allowed: an object'],
		[{ strategy: 'queue' }, 'settings.strategy: found "queue"; allowed: '],
	])('%j are refused', async (settings, message) => {
		expect(await problemOf([], settings)).toMatchObject({
			name: 'TypeError',
			message: expect.stringContaining(message) as unknown,
		});
	});

	it('are refused without what may be a secret', async () => {
		const settings = {
			headers: ['authorization: Bearer S3CRET'],
			proxy: 'http://me:S3CRET@proxy',
			caCertificates: { key: 'S3CRET' },
		};

		const { message } = (await problemOf([], settings)) as Error;

		expect(message).toMatch(/settings\.headers: found a list; allowed: an object of texts/);
		expect(message).toMatch(/settings\.proxy: found a string; allowed: an object/);
		expect(message).not.toContain('S3CRET');
	});

	it('that JSON cannot have are refused', async () => {
		const round: Record<string, unknown> = {};
		round['self'] = round;

		expect(await problemOf([], { dir: 5n })).toMatchObject({
			message: 'settings.dir: found 5; allowed: a text',
		});
		expect(await problemOf([], { dir: round })).toMatchObject({
			message: 'settings.dir: found an object; allowed: a text',
		});
	});
});

describe('targets', () => {
	it.each([
		['https://example.org/a', 'targets: found a value of type string; allowed: a list'],
		[undefined, 'targets: found a value of type undefined; allowed: a list'],
		[null, 'targets: found null; allowed: a list'],
		[{ url: 'https://example.org/a' }, 'targets: found a value of type object; allowed: a list'],
		[[5], 'targets[0]: found 5; allowed: a URL, or an object such as { url, dest }'],
		[[{ dest: 'a' }], 'targets[0]: the key "url" is missing'],
		[[{ url: 'https://e.org', desst: 'a' }], 'targets[0].desst: found an unknown key; allowed:'],
		[[{ url: 'https://e.org', sha256: 'x' }], 'targets[0].sha256: found "x"; allowed: 64 hex'],
		[[{ url: 5 }], 'targets[0].url: found a number; allowed: a text'],
	])('such as %j are refused', async (targets, message) => {
		expect(await problemOf(targets)).toMatchObject({
			name: 'TypeError',
			message: expect.stringContaining(message) as unknown,
		});
	});

	it('of no number are no error', async () => {
		expect(await download([])).toMatchObject({ outcomes: [] });
	});
});

describe('settings of bench', () => {
	it.each([
		[{ round: 3 }, 'settings.round: found an unknown key; allowed: '],
		[{ rounds: '3' }, 'settings.rounds: found "3"; allowed: a number'],
		[{ strategies: 'async' }, 'settings.strategies: found "async"; allowed: a list'],
		[null, 'settings: found null; allowed: an object'],
		[{ codes: ['--version'] }, 'found "--version"; allowed: two letters A to Z'],
	])('%j are refused', async (settings, message) => {
		await expect(bench(settings as BenchSettings)).rejects.toThrow(message);
	});
});
