import { execFile, execFileSync } from 'node:child_process';
import { fstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished } from 'vitest';
import { PartFile } from '../../../src/download/disk/part-file.ts';
import { PartsDirectory } from '../../../src/download/disk/parts-directory.ts';
import { BatchedWriter } from '../../../src/download/disk/save.ts';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import { collect } from '../../helpers/collect.ts';
import { contextWith, download } from '../../helpers/download.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { it } from '../../helpers/fixtures.ts';
import { strategies } from '../../helpers/strategies.ts';

const canMount = process.getuid?.() === 0 && process.platform === 'linux';

describe('a save that fails', () => {
	it.skipIf(!canMount).for([
		['in memory', 40_000],
		['on its way', 4_000_000],
	] as const)(
		'is a failure of its attempt, with content that is %s',
		async ([_what, bytes], { server, folder }) => {
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
			onTestFinished(() => {
				execFileSync('umount', [folder]);
			});
			writeFileSync(join(folder, 'filler'), Buffer.alloc(36_000));
			server.answer('/a.bin', (_request, response) => response.end(Buffer.alloc(bytes)));
			const target = { id: 'a', index: 0, url: `${server.url}/a.bin`, dest: join(folder, 'a.bin') };

			const outcome = await download(target, contextWith());

			expect(outcome).toMatchObject({ status: 'error', requests: 1, failure: { code: 'ENOSPC' } });
			expect(outcome.attempts).toMatchObject([{ status: 200, code: 'ENOSPC' }]);
			expect(outcome.attempts?.[0]).not.toHaveProperty('writtenMs');
			expect(await filesIn(folder)).toEqual(['filler']);
		},
	);

	it.skipIf(!canMount)('since the disk takes only a part of it says so', async ({ folder }) => {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
		onTestFinished(() => {
			execFileSync('umount', [folder]);
		});
		const part = await PartFile.create(join(folder, 'a.bin'), new PartsDirectory(folder));

		const written = part.write([Buffer.alloc(30_000), Buffer.alloc(70_000)], 0);

		await expect(written).rejects.toMatchObject({ code: 'ENOSPC' });
		expect(fstatSync(part.descriptor).size).toBeGreaterThan(30_000);
		await part.discard();
	});

	it.skipIf(!canMount)(
		'of a large file is known before its content is fetched',
		async ({ server, folder }) => {
			const fixed = join(folder, 'fixed');
			mkdirSync(fixed);
			execFileSync('mount', ['--bind', fixed, fixed]);
			onTestFinished(() => {
				execFileSync('umount', [fixed]);
			});
			execFileSync('mount', ['-o', 'remount,bind,ro', fixed]);
			server.answer('/a.bin', (_request, response) => {
				response.writeHead(200, { 'content-length': 100_000_000 });
				response.write(Buffer.alloc(200_000));
			});
			const target = { id: 'a', index: 0, url: `${server.url}/a.bin`, dest: join(fixed, 'a.bin') };

			const [outcome] = await collect(
				strategies.async([target], {
					options: DEFAULT_OPTIONS,
					concurrency: 1,
					threads: 1,
					signal: new AbortController().signal,
					outputDir: folder,
				}),
			);

			expect(outcome).toMatchObject({ status: 'error', requests: 1, failure: { code: 'EROFS' } });
			expect(await readdir(folder)).toEqual(['fixed']);
		},
	);
});

describe('a process without a free file descriptor', () => {
	/** Saves files in a process with a limit of 40 open files, all of which are open. */
	async function save(folder: string, action: 'wait' | 'close' | 'abort', ...names: string[]) {
		const script = join(import.meta.dirname, 'without-descriptors.mjs');
		const line = 'ulimit -n 40 && exec "$0" "$@"';
		const words = ['-c', line, process.execPath, script, folder, action, ...names];
		const { stdout } = await promisify(execFile)('sh', words);
		const said = JSON.parse(stdout) as { endedBy: string; relieved: number; reasons: unknown[] };
		expect(said.endedBy).toBe('EMFILE');
		return said;
	}

	it('saves small files as soon as there is one', async ({ folder }) => {
		const { relieved, reasons } = await save(folder, 'close', 'a', 'b', 'c');

		expect(reasons).toEqual([null, null, null]);
		expect(relieved).toBeGreaterThanOrEqual(5);
		expect(await filesIn(folder)).toEqual(['a', 'b', 'c']);
		expect(statSync(join(folder, 'a')).mtimeMs).toBe(1_700_000_000_000);
		expect(readFileSync(join(folder, 'c'), 'utf8')).toBe('content');
	});

	it('gives up after a hundred tries', async ({ folder }) => {
		const { relieved, reasons } = await save(folder, 'wait', 'a');

		expect(reasons).toEqual([
			{ code: 'EMFILE', message: `cannot write ${join(folder, 'a')}: too many open files` },
		]);
		expect(relieved).toBe(99);
		expect(await filesIn(folder)).toEqual([]);
	});

	it('waits no longer than the run', async ({ folder }) => {
		const { relieved, reasons } = await save(folder, 'abort', 'a');

		expect(reasons).toEqual([{ message: 'the run has ended' }]);
		expect(relieved).toBe(1);
	});
});

describe('small files', () => {
	it('fail one by one, and leave nothing', async ({ folder }) => {
		mkdirSync(join(folder, 'b'));
		const parts = new PartsDirectory(folder);
		const writer = new BatchedWriter(parts, () => {});
		const { signal } = new AbortController();
		const save = (name: string) =>
			writer.save(Buffer.from(name), undefined, {
				...{ target: { id: name, index: 0, url: 'http://a/', dest: name }, signal },
				dest: join(folder, name),
			});

		const settled = await Promise.allSettled(['a', 'b', 'c/d'].map(save));

		expect(settled).toMatchObject([
			{ status: 'fulfilled' },
			{ status: 'rejected', reason: { code: 'EISDIR', target: { id: 'b' } } },
			{ status: 'fulfilled' },
		]);
		parts.close(false, () => false);
		expect(await filesIn(folder)).toEqual(['a', 'c/d']);
	});
});
