import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, vi } from 'vitest';
import { download } from '../../src/library/download.ts';
import { type ListSource, readList } from '../../src/library/read-list.ts';
import { collect } from '../helpers/collect.ts';
import { it } from '../helpers/fixtures.ts';

const SHA256 = 'a'.repeat(64);
const LIST = [
	'# a comment',
	'https://example.org/a.gif',
	`https://me:secret@example.org/b.gif\teurope/b.gif\t${SHA256.toUpperCase()}`,
	'{"url": "https://example.org/c.gif", "mirrors": ["https://mirror.example/c.gif"]}',
	'',
].join('\n');
const TARGETS = [
	{ url: 'https://example.org/a.gif' },
	{
		url: 'https://example.org/b.gif',
		dest: 'europe/b.gif',
		sha256: SHA256,
		credentials: { 'https://example.org': 'me:secret' },
	},
	{ url: 'https://example.org/c.gif', mirrors: ['https://mirror.example/c.gif'] },
];

async function* chunks(...texts: string[]): AsyncGenerator<string> {
	yield* texts;
}

describe('readList', () => {
	it('reads a file, its URL, a stream, and text as it comes', async ({ folder }) => {
		const path = join(folder, 'list.txt');
		await writeFile(path, LIST);

		for (const source of [
			path,
			pathToFileURL(path),
			createReadStream(path),
			new Blob([LIST]).stream(),
			chunks(LIST.slice(0, 30), LIST.slice(30, 31), LIST.slice(31)),
		] satisfies ListSource[]) {
			expect(await collect(readList(source))).toEqual(TARGETS);
		}
	});

	it('says everything that is wrong with a list, before the first target', async ({ folder }) => {
		const path = join(folder, 'list.txt');
		await writeFile(path, 'https://example.org/a.gif\nftp://x\nbr\n{"url": 5}\n');

		const first = readList(path).next();

		await expect(first).rejects.toThrow(
			/list\.txt:2: found "ftp:.*\n.*list\.txt:3: found the country code BR; allowed: URLs.*\n.*list\.txt:4: /,
		);
	});

	it('names the lines of a stream', async () => {
		await expect(collect(readList(chunks('ftp://x\n')))).rejects.toThrow(/^list:1: found/);
	});

	it('leaves no file behind, also if it is left', async ({ folder }) => {
		vi.stubEnv('TMPDIR', folder);
		await collect(readList(chunks(LIST)));
		await collect(readList(chunks('ftp://x'))).catch(() => {});
		for await (const _ of readList(chunks(LIST))) {
			expect((await readdir(folder)).length).toBe(1);
			break;
		}
		vi.unstubAllEnvs();
		expect(await readdir(folder)).toEqual([]);
	});

	it.for([5, null, undefined, ['https://example.org/a.gif'], {}])('refuses %j', async (source) => {
		await expect(collect(readList(source as ListSource))).rejects.toThrow(
			'readList: found no source; allowed: the path of a file, its URL, or a stream',
		);
	});

	it('says that there is no such file', async ({ folder }) => {
		await expect(collect(readList(join(folder, 'none.txt')))).rejects.toThrow(
			/cannot read .*none\.txt/,
		);
	});

	it('says that a stream has no file, not that it cannot be copied', async ({ folder }) => {
		await expect(collect(readList(createReadStream(join(folder, 'none.txt'))))).rejects.toThrow(
			/^ENOENT: no such file or directory, open '.*none\.txt'$/,
		);
	});

	it('reads a pipe by its path', async ({ folder }) => {
		const path = join(folder, 'pipe');
		execFileSync('mkfifo', [path]);

		const [targets] = await Promise.all([collect(readList(path)), writeFile(path, LIST)]);

		expect(targets).toEqual(TARGETS);
	});

	it('gives what download takes', async ({ server, folder }) => {
		const list = `${server.url}/a\n${server.url}/b\tsub/c\n`;

		const { totals } = await download(readList(chunks(list)), { dir: join(folder, 'o') });

		expect(totals.ok).toBe(2);
		expect((await readdir(join(folder, 'o'), { recursive: true })).sort()).toEqual([
			'a',
			'sub',
			'sub/c',
		]);
	});
});
