import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';

const CONTENT = Buffer.from('content that is worth a coding');
const CODED = gzipSync(CONTENT);

it.beforeEach(async ({ server }) => {
	server.holds(undefined, CONTENT);
	server.answer(undefined, ({ headers }, response) => {
		const isUnchanged = headers['if-none-match'] === '"1"';
		const fields = { etag: '"1"', 'content-type': 'application/octet-stream' };
		response.writeHead(isUnchanged ? 304 : 200, fields).end(isUnchanged ? undefined : CONTENT);
	});
});

const totalsOf = (stdout: string) =>
	(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { totals: object }).totals;
const BEGUN =
	'flagdl: the state of 2 files is in o/.flagdl-state.json: the next --if-exists update';

describe.each(['async', 'threads', 'sequential'])('--state, by %s,', (strategy) => {
	it('spares the first update every file', async ({ server, folder }) => {
		const args = [
			'-d',
			'o',
			'--strategy',
			strategy,
			'--json',
			`${server.url}/a`,
			`${server.url}/b`,
		];

		expect(totalsOf((await flagdl(['--state', ...args], folder)).stdout)).toMatchObject({ ok: 2 });
		const update = await flagdl(['--if-exists', 'update', ...args], folder);

		expect(totalsOf(update.stdout)).toMatchObject({ unchanged: 2 });
		expect(server.requests.map(({ headers }) => headers['if-none-match'])).toEqual([
			undefined,
			undefined,
			'"1"',
			'"1"',
		]);
		expect(update.stdout).not.toContain('state_begun');
	});

	it('takes a file that was saved raw and one that was decoded for two', async ({
		server,
		folder,
	}) => {
		server.holds(undefined, [CODED, CONTENT]);
		server.answer(undefined, ({ headers }, response) => {
			const isUnchanged = headers['if-none-match'] === '"1"';
			const fields = { etag: '"1"', 'content-encoding': 'gzip' };
			response.writeHead(isUnchanged ? 304 : 200, fields).end(isUnchanged ? undefined : CODED);
		});
		const run = async (...args: string[]) => {
			const all = ['-d', 'o', '--strategy', strategy, '--json', ...args, `${server.url}/a.bin`];
			return totalsOf((await flagdl(all, folder)).stdout);
		};
		const saved = async () => await readFile(join(folder, 'o/a.bin'));

		expect(await run('--state', '--raw')).toMatchObject({ ok: 1 });
		expect(await saved()).toEqual(CODED);
		expect(await run('--if-exists', 'update', '--raw')).toMatchObject({ unchanged: 1 });
		expect(await run('--if-exists', 'update')).toMatchObject({ ok: 1 });
		expect(await saved()).toEqual(CONTENT);
		expect(await run('--if-exists', 'update')).toMatchObject({ unchanged: 1 });
		expect(await run('--if-exists', 'update', '--raw')).toMatchObject({ ok: 1 });
		expect(await saved()).toEqual(CODED);
	});
});

describe('the first update', () => {
	it('says that the next one asks only for changes, once', async ({ server, folder }) => {
		const args = ['-d', 'o', `${server.url}/a`, `${server.url}/b`];
		await flagdl(args, folder);

		const first = await flagdl(['--if-exists', 'update', ...args], folder);
		const second = await flagdl(['--if-exists', 'update', ...args], folder);

		expect(first.stderr).toContain(BEGUN);
		expect(second.stderr).toBe('');
	});

	it('says nothing under --quiet', async ({ server, folder }) => {
		const args = ['-d', 'o', '-q', '--if-exists', 'update', `${server.url}/a`];

		expect(await flagdl(args, folder)).toMatchObject({ code: 0, stderr: '' });
	});

	it('says nothing if the server tells nothing to remember', async ({ server, folder }) => {
		server.answer(undefined, (_request, response) => {
			response.end(CONTENT);
		});

		const ran = await flagdl(['-d', 'o', '--if-exists', 'update', `${server.url}/a`], folder);

		expect(ran).toMatchObject({ code: 0, stderr: '' });
	});
});

describe('a plain run', () => {
	it('remembers nothing without --state', async ({ server, folder }) => {
		await flagdl(['-d', 'o', `${server.url}/a`], folder);

		await expect(readFile(join(folder, 'o/.flagdl-state.json'))).rejects.toThrow('ENOENT');
	});
});
