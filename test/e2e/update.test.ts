import { appendFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import type { HoldServer } from '../helpers/hold-server.ts';

const CONTENT = Buffer.from('content');

it.beforeEach(async ({ server }) => {
	server.holds(undefined, CONTENT);
	server.answer(undefined, ({ headers }, response) => {
		const isUnchanged = headers['if-none-match'] === '"1"';
		const fields = { etag: '"1"', 'content-type': 'application/octet-stream' };
		response.writeHead(isUnchanged ? 304 : 200, fields).end(isUnchanged ? undefined : CONTENT);
	});
});

const statePath = (folder: string) => join(folder, 'o', '.flagdl-state.json');
const UPDATE = ['-d', 'o', '--if-exists', 'update', '--json'];

interface RunEnd {
	readonly totals: Record<string, number>;
	readonly maxRssBytes: number;
	readonly exitCode: number;
}

function endOf(stdout: string): RunEnd {
	return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as RunEnd;
}

async function update(folder: string, ...args: readonly string[]): Promise<RunEnd> {
	return endOf((await flagdl([...UPDATE, ...args], folder)).stdout);
}

async function list(
	server: HoldServer,
	folder: string,
	name: string,
	count: number,
): Promise<string[]> {
	const lines = Array.from({ length: count }, (_, line) => `${server.url}/${line}.${name}\n`);
	await writeFile(join(folder, name), lines.join(''));
	return ['-i', name];
}

describe.each(['async', 'threads', 'sequential'])('--if-exists update, by %s,', (strategy) => {
	const by = ['--strategy', strategy];

	it('loses nothing if two runs write at once', async ({ server, folder }) => {
		const COUNT = 300;
		const lists = [await list(server, folder, 'a', COUNT), await list(server, folder, 'b', COUNT)];
		server.hold('/0.a', '/0.b');
		const runs = lists.map((from) => startFlagdl([...UPDATE, ...by, ...from], folder));
		await server.arrivals(2);
		server.release();
		const ended = await Promise.all(runs.map(async (run) => await run.ended));
		expect(ended.map(({ code }) => code)).toEqual([0, 0]);

		expect(await update(folder, ...by, ...lists.flat())).toMatchObject({
			exitCode: 0,
			totals: { unchanged: 2 * COUNT },
		});
	});

	it('remembers what was saved before it was killed', async ({ server, folder }) => {
		const COUNT = 400;
		const from = await list(server, folder, 'a', COUNT);
		server.hold(`/${COUNT - 1}.a`);
		const { child, ended } = startFlagdl([...UPDATE, ...by, ...from], folder);
		await server.arrivals(COUNT);
		child.kill('SIGKILL');
		await ended;
		server.release();

		const { exitCode, totals } = await update(folder, ...by, ...from);

		expect(exitCode).toBe(0);
		expect(totals['unchanged']).toBeGreaterThan(COUNT / 2);
	});
});

describe('the state file', () => {
	it('has no user and password in it', async ({ server, folder }) => {
		const url = server.url.replace('//', '//user:S3CRET@');

		await update(folder, `${url}/a`);

		expect(await readFile(statePath(folder), 'utf8')).toContain(`"url":"${server.url}/a"`);
		expect(await readFile(statePath(folder), 'utf8')).not.toContain('S3CRET');
		expect(await update(folder, `${url}/a`)).toMatchObject({ totals: { unchanged: 1 } });
	});

	it('is not written through a link', async ({ server, folder }) => {
		const other = join(folder, 'other');
		await mkdir(join(folder, 'o'));
		await writeFile(other, 'of the user');
		await symlink(other, statePath(folder));

		const { code, stdout } = await flagdl([...UPDATE, `${server.url}/a`], folder);

		expect(stdout).toContain('"code":"state_unusable"');
		expect(code).toBe(0);
		expect(await readFile(other, 'utf8')).toBe('of the user');
	});

	it('is not held in memory', async ({ server, folder }) => {
		const COUNT = 300_000;
		const entries = (count: number) =>
			Array.from({ length: count }, (_, index) => {
				const name = `some/folder/${index}.gif`;
				return `{"dest":"${name}","url":"http://example.org/${name}","etag":"\\"5f3c-${index}\\"","bytes":3,"mtimeMs":1700000000000}\n`;
			}).join('');
		const rssOf = async (count: number) => {
			await update(folder, `${server.url}/a`);
			await appendFile(statePath(folder), entries(count));
			return (await update(folder, `${server.url}/a`)).maxRssBytes;
		};

		const few = await rssOf(1);
		const many = await rssOf(COUNT);

		// Entries that are kept as objects take 700.
		expect((many - few) / COUNT).toBeLessThan(250);
	});
});
