import { execFileSync } from 'node:child_process';
import {
	closeSync,
	fstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
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

describe.skipIf(process.platform !== 'linux')('a process without a free file descriptor', () => {
	const target = { id: 'a', index: 0, url: 'http://a/a', dest: 'a' };
	const content = Buffer.from('content');
	const setLimit = (limit: string) =>
		execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${limit}:`]);

	/** Opens files until no more can be opened. */
	function useUp(): number[] {
		const limits = readFileSync('/proc/self/limits', 'latin1');
		const before = /^Max open files +(\d+)/m.exec(limits)?.[1] ?? '1024';
		const open: number[] = [];
		onTestFinished(() => {
			open.splice(0).forEach(closeSync);
			setLimit(before);
		});
		const highest = Math.max(...readdirSync('/proc/self/fd').map(Number));
		setLimit(String(highest + 3));
		expect(() => {
			for (;;) {
				open.push(openSync('/dev/null', 'r'));
			}
		}).toThrow(/EMFILE/);
		return open;
	}

	it('saves small files as soon as there is one', async ({ folder }) => {
		const dests = ['a', 'b', 'c'].map((name) => join(folder, name));
		const parts = new PartsDirectory(folder);
		const { signal } = new AbortController();
		let calls = 0;
		const open = useUp();
		const writer = new BatchedWriter(parts, () => {
			calls += 1;
			// Two of three files have asked a second time.
			if (calls === 5) {
				open.splice(0, 2).forEach(closeSync);
			}
		});

		await Promise.all(
			dests.map((dest) => writer.save(content, 1_700_000_000_000, { target, dest, signal })),
		);

		expect(calls).toBeGreaterThanOrEqual(5);
		open.splice(0).forEach(closeSync);
		parts.close(false, () => false);
		expect(await filesIn(folder)).toEqual(['a', 'b', 'c']);
		expect(statSync(join(folder, 'a')).mtimeMs).toBe(1_700_000_000_000);
		expect(readFileSync(join(folder, 'c')).equals(content)).toBe(true);
	});

	it('gives up after a hundred tries', async ({ folder }) => {
		const dest = join(folder, 'a');
		const { signal } = new AbortController();
		useUp();
		let calls = 0;
		const writer = new BatchedWriter(new PartsDirectory(folder), () => {
			calls += 1;
		});

		await expect(writer.save(content, undefined, { target, dest, signal })).rejects.toMatchObject({
			code: 'EMFILE',
			message: `cannot write ${dest}: too many open files`,
		});
		expect(calls).toBe(99);
	});

	it('waits no longer than the run', async ({ folder }) => {
		const controller = new AbortController();
		const reason = new Error('enough');
		useUp();
		let calls = 0;
		const writer = new BatchedWriter(new PartsDirectory(folder), () => {
			calls += 1;
			controller.abort(reason);
		});
		const { signal } = controller;

		await expect(
			writer.save(content, undefined, { target, dest: join(folder, 'a'), signal }),
		).rejects.toBe(reason);
		expect(calls).toBe(1);
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
