import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { FLAGDL, flagdl, startFlagdl, startProcess } from '../helpers/flagdl.ts';
import { answering, type HoldServer } from '../helpers/hold-server.ts';

/** Some kilobytes of content, different for each path. */
const contentOf = (path: string) => Buffer.from(`${path}\n`.repeat(200));

const answerContent = answering(contentOf);

async function listOf(server: HoldServer, folder: string, count: number): Promise<string> {
	const lines = Array.from({ length: count }, (_, index) => `${server.url}/files/${index}.bin`);
	await writeFile(join(folder, 'list.txt'), `${lines.join('\n')}\n`);
	return join(folder, 'list.txt');
}

async function expectAllWhole(directory: string, count: number): Promise<void> {
	const names = await readdir(directory);
	const whole = names.filter((name) => name.endsWith('.bin'));
	expect(whole.length).toBe(count);
	for (const name of whole) {
		const content = await readFile(join(directory, name));
		expect(content.equals(contentOf(`/files/${name}`))).toBe(true);
	}
}

describe('a run of 2,000 files', { timeout: 120_000 }, () => {
	it('that is killed with -9 is completed by the same command, and loads nothing twice that was whole', async ({
		server,
		folder,
	}) => {
		server.answer(undefined, answerContent);
		const args = ['-i', await listOf(server, folder, 2000), '-d', join(folder, 'out')];
		const first = startFlagdl(args, folder);
		await server.arrivals(700);
		first.child.kill('SIGKILL');
		expect((await first.ended).signal).toBe('SIGKILL');
		const there = new Set(
			(await readdir(join(folder, 'out'))).filter((name) => name.endsWith('.bin')),
		);
		const requestsBefore = server.requests.length;

		const second = await flagdl(args, folder);

		expect(second.code).toBe(0);
		await expectAllWhole(join(folder, 'out'), 2000);
		const again = server.requests
			.slice(requestsBefore)
			.map(({ url }) => url?.slice('/files/'.length));
		expect(there.size).toBeGreaterThan(100);
		expect(again.filter((name) => there.has(name ?? ''))).toEqual([]);
		expect(again.length).toBe(2000 - there.size);
	});

	it('is not spoilt by a twin in the same folder', async ({ server, folder }) => {
		server.answer(undefined, answerContent);
		const args = ['-i', await listOf(server, folder, 2000), '-d', join(folder, 'out')];

		const twins = await Promise.all([flagdl(args, folder), flagdl(args, folder)]);

		expect(twins.map(({ code }) => code)).toEqual([0, 0]);
		await expectAllWhole(join(folder, 'out'), 2000);
		expect((await readdir(join(folder, 'out'))).length).toBe(2000);
	});
});

describe('file descriptors', () => {
	it.for(['async', 'threads'])(
		'that run out are pressure, not a failure (%s)',
		async (strategy, { server, folder }) => {
			server.answer(undefined, answerContent);
			const list = await listOf(server, folder, 600);
			const args = ['-i', list, '-d', 'out', '-c', '200', '--strategy', strategy];
			// A long run would print its progress.
			const command = [...FLAGDL, ...args, '--progress', 'none'];

			const { ended } = startProcess(
				'bash',
				['-c', `ulimit -n 64; exec ${command.join(' ')}`],
				folder,
			);
			const { code, stderr } = await ended;

			expect([code, stderr]).toEqual([0, '']);
			await expectAllWhole(join(folder, 'out'), 600);
		},
	);
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux';

describe('a disk that is full', () => {
	it.skipIf(!canMount)(
		'fails the files that did not fit, each with its cause',
		async ({ server, folder }) => {
			const disk = join(folder, 'disk');
			mkdirSync(disk);
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
			onTestFinished(() => {
				execFileSync('umount', [disk]);
			});
			server.answer(undefined, answerContent);

			const { code, stderr } = await flagdl(
				['-i', await listOf(server, folder, 100), '-d', disk],
				folder,
			);

			expect(code).toBe(1);
			expect(stderr).toContain('ENOSPC');
			expect(stderr).toContain('no space left on device');
			const there = await readdir(disk);
			expect(there.length).toBeGreaterThan(5);
			expect(there.filter((name) => !name.endsWith('.bin'))).toEqual([]);
			await expectAllWhole(disk, there.length);
		},
	);

	it.skipIf(!canMount).for(['async', 'threads', 'sequential'])(
		'ends the run, whose rest is in the failed-file: by %s',
		async (strategy, { server, folder }) => {
			const disk = join(folder, 'disk');
			mkdirSync(disk);
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', disk]);
			onTestFinished(() => {
				execFileSync('umount', [disk]);
			});
			server.answer(undefined, answerContent);
			const list = await listOf(server, folder, 1000);
			const args = ['-i', list, '-d', disk, '--strategy', strategy, '--failed-file', 'rest'];

			const { code, stdout, stderr } = await flagdl(args, folder);

			expect(code).toBe(1);
			expect(stderr).toContain('flagdl: stopped: the disk is full');
			expect(server.requests.length).toBeLessThan(500);
			const there = (await readdir(disk)).length;
			expect(stdout).toContain(`Saved ${there} of 1,000 files`);
			const rest = await readFile(join(folder, 'rest'), 'utf8');
			expect(rest.split('\n').filter((line) => line.startsWith('http'))).toHaveLength(1000 - there);
			await expectAllWhole(disk, there);
		},
	);

	it.skipIf(!canMount)('from the beginning is exit code 4', async ({ server, folder }) => {
		const disk = join(folder, 'disk');
		mkdirSync(disk);
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk]);
		onTestFinished(() => {
			execFileSync('umount', [disk]);
		});
		await writeFile(join(disk, 'filler'), Buffer.alloc(4096));
		server.answer(undefined, answerContent);

		const { code, stderr } = await flagdl(
			['-i', await listOf(server, folder, 3), '-d', disk],
			folder,
		);

		expect([code, stderr]).toEqual([4, expect.stringContaining('ENOSPC')]);
	});
});
