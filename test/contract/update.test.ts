import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished } from 'vitest';
import { StateFile } from '../../src/download/disk/state-file.ts';
import { DEFAULT_OPTIONS, type IfExists } from '../../src/download/options.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import type { Target } from '../../src/targets/target.ts';
import { it } from '../helpers/fixtures.ts';
import { type Answer, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { strategies } from '../helpers/strategies.ts';

const NAMES = (Object.keys(strategies) as StrategyName[]).filter((name) => name !== 'queue');

const DATE = 'Tue, 02 Jan 2024 00:00:00 GMT';
const EARLIER = 'Mon, 01 Jan 2024 00:00:00 GMT';
let first: HoldServer;
let second: HoldServer;

beforeEach(async () => {
	[first, second] = await Promise.all([startHoldServer(), startHoldServer()]);
	onTestFinished(async () => {
		await Promise.all([first.close(), second.close()]);
	});
});

/** A file with these validators, served according to RFC 9110. */
function file(content: string, validators: { etag?: string; 'last-modified'?: string }): Answer {
	const answer: Answer = ({ headers }, response) => {
		const { etag, 'last-modified': lastModified } = validators;
		const since = Date.parse(headers['if-modified-since'] ?? '');
		const isUnchanged =
			headers['if-none-match'] === undefined
				? since >= Date.parse(lastModified ?? '')
				: headers['if-none-match'] === etag;
		const fields = { ...validators, 'content-type': 'application/octet-stream' };
		response.writeHead(isUnchanged ? 304 : 200, fields).end(isUnchanged ? undefined : content);
	};
	return Object.assign(answer, { held: Buffer.from(content) });
}

function redirect(location: string, content: string): Answer {
	const answer: Answer = (_request, response) => {
		response.writeHead(302, { location, 'content-length': 0 }).end();
	};
	return Object.assign(answer, { held: Buffer.from(content) });
}

function status(code: number): Answer {
	return (_request, response) => {
		response.writeHead(code).end();
	};
}

const saved = async (folder: string, name = 'f.bin') => await readFile(join(folder, name), 'utf8');
const stateText = async (folder: string) =>
	await readFile(join(folder, '.flagdl-state.json'), 'utf8');
const conditionsOf = ({ requests }: HoldServer) =>
	requests.map(({ headers }) => headers['if-none-match'] ?? headers['if-modified-since']);

describe.each(NAMES)('--if-exists update, by %s,', (strategy) => {
	/** Does what one run of the command line does. */
	async function run(
		folder: string,
		urls: readonly (string | string[])[],
		ifExists: IfExists = 'update',
	) {
		const state = ifExists === 'update' ? await StateFile.open(folder) : undefined;
		const targets = urls.map((given, index): Target => {
			const [url = '', ...mirrors] = [given].flat();
			const { pathname } = new URL(url);
			return { id: url, index, url, mirrors, dest: join(folder, pathname.slice(1)) };
		});
		const totals = { ok: 0, unchanged: 0, skipped: 0, not_found: 0, error: 0, cancelled: 0 };
		const outcomes = strategies[strategy](state?.withValidators(targets) ?? targets, {
			options: { ...DEFAULT_OPTIONS, retries: 0, ifExists },
			concurrency: 4,
			threads: 2,
			signal: new AbortController().signal,
			outputDir: folder,
		});
		for await (const outcome of outcomes) {
			totals[outcome.status] += 1;
			state?.record(outcome);
		}
		await state?.close();
		return totals;
	}

	it('asks with both validators, and leaves what is unchanged', async ({ folder }) => {
		first.answer('/f.bin', file('old', { etag: 'W/"1"', 'last-modified': DATE }));
		const url = `${first.url}/f.bin`;

		expect(await run(folder, [url])).toMatchObject({ ok: 1 });
		const before = await stateText(folder);
		expect(await run(folder, [url])).toMatchObject({ unchanged: 1 });

		expect(first.requests[1]?.headers).toMatchObject({
			'if-none-match': 'W/"1"',
			'if-modified-since': DATE,
		});
		// An unchanged file is not written again.
		expect(await stateText(folder)).toBe(before);
	});

	it.for([
		['the same ETag', { etag: '"1"' }, { etag: '"1"' }],
		['an earlier Last-Modified', { 'last-modified': DATE }, { 'last-modified': EARLIER }],
	] as const)('fetches what has %s at another server', async ([_name, here, there], { folder }) => {
		first.answer('/f.bin', file('old', here));
		second.answer('/f.bin', file('other', there));

		await run(folder, [`${first.url}/f.bin`]);
		expect(await run(folder, [`${second.url}/f.bin`])).toMatchObject({ ok: 1 });
		expect(await saved(folder)).toBe('other');
		expect(await run(folder, [`${second.url}/f.bin`])).toMatchObject({ unchanged: 1 });
		expect(await run(folder, [`${first.url}/f.bin`])).toMatchObject({ ok: 1 });
		expect(await saved(folder)).toBe('old');
	});

	it('fetches what differs in the query alone', async ({ folder }) => {
		first.answer('/f.bin?v=1', file('old', { etag: '"1"' }));
		first.answer('/f.bin?v=2', file('new', { etag: '"1"' }));

		await run(folder, [`${first.url}/f.bin?v=1`]);
		expect(await run(folder, [`${first.url}/f.bin?v=2`])).toMatchObject({ ok: 1 });

		expect(await saved(folder)).toBe('new');
	});

	it('sends a mirror what came from it, and the first URL nothing of it', async ({ folder }) => {
		const mirrored = [[`${first.url}/f.bin`, `${second.url}/m.bin?a=b`]];
		first.answer('/f.bin', status(404));
		second.answer('/m.bin?a=b', file('of the mirror', { etag: '"1"' }));

		expect(await run(folder, mirrored)).toMatchObject({ ok: 1 });
		expect(await run(folder, mirrored)).toMatchObject({ unchanged: 1 });
		// A mirror that answers an unconditional request with 304 is no source.
		first.answer('/f.bin', status(304));
		expect(await run(folder, mirrored)).toMatchObject({ unchanged: 1 });
		first.answer('/f.bin', file('of the first', { etag: '"1"' }));
		expect(await run(folder, mirrored)).toMatchObject({ ok: 1 });

		expect(conditionsOf(first)).toEqual([undefined, undefined, undefined, undefined]);
		expect(conditionsOf(second)).toEqual([undefined, '"1"', '"1"']);
		expect(await saved(folder)).toBe('of the first');
	});

	it('sends the end of a redirect what came from it, and no other', async ({ folder }) => {
		first.answer('/f.bin', redirect('/a', 'a'));
		first.answer('/a', file('a', { etag: '"1"' }));
		first.answer('/b', file('b', { etag: '"1"' }));
		const url = `${first.url}/f.bin`;

		expect(await run(folder, [url])).toMatchObject({ ok: 1 });
		expect(await run(folder, [url])).toMatchObject({ unchanged: 1 });
		first.answer('/f.bin', redirect('/b', 'b'));
		expect(await run(folder, [url])).toMatchObject({ ok: 1 });

		expect(conditionsOf(first)).toEqual([
			undefined,
			undefined,
			undefined,
			'"1"',
			undefined,
			undefined,
		]);
		expect(await saved(folder)).toBe('b');
	});

	it('does not remember the signature of a redirect', async ({ folder }) => {
		first.answer('/f.bin', redirect(`${second.url}/a?X-Signature=S3CRET`, 'a'));
		second.answer('/a?X-Signature=S3CRET', file('a', { etag: '"1"' }));
		const url = `${first.url}/f.bin`;

		await run(folder, [url]);

		expect(await run(folder, [url])).toMatchObject({ ok: 1 });
		await expect(stateText(folder)).rejects.toThrow('ENOENT');
	});

	it('fetches what the user has changed, removed, or fetched by other means', async ({
		folder,
	}) => {
		const names = ['changed', 'gone', 'overwritten', 'kept'];
		for (const name of names) {
			first.answer(`/${name}`, file(`${name} 1`, { etag: '"1"' }));
		}
		const urls = names.map((name) => `${first.url}/${name}`);
		await run(folder, urls);
		const state = await stateText(folder);
		await appendFile(join(folder, 'changed'), 'by hand');
		await rm(join(folder, 'gone'));
		second.answer('/overwritten', file('overwritten 2', { etag: '"1"' }));
		await run(folder, [`${second.url}/overwritten`], 'overwrite');
		await run(folder, urls, 'skip');
		expect(await stateText(folder)).toBe(state);
		await rm(join(folder, 'gone'));

		expect(await run(folder, urls)).toMatchObject({ ok: 3, unchanged: 1 });
		for (const name of names) {
			expect(await saved(folder, name)).toBe(`${name} 1`);
		}
	});

	it('takes no answer for unchanged that nothing was asked for', async ({ folder }) => {
		first.answer('/f.bin', file('a', {}));
		const url = `${first.url}/f.bin`;
		await run(folder, [url]);
		first.answer('/f.bin', status(304));

		expect(await run(folder, [url])).toMatchObject({ error: 1 });
		expect(await saved(folder)).toBe('a');
	});
});
