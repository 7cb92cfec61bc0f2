import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { decide, EmptyDirectories } from '../../../src/download/disk/existing-file.ts';
import type { IfExists } from '../../../src/download/options.ts';
import type { Target } from '../../../src/targets/target.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const digestOf = (algorithm: string, text = 'content') =>
	createHash(algorithm).update(text).digest('hex');

let folder: string;
let dest: string;

beforeEach(async () => {
	folder = await temporaryFolder();
	dest = join(folder, 'x.bin');
});

const decided = async (ifExists: IfExists, digests: Partial<Target> = {}) =>
	await decide({ id: 'x', index: 0, url: 'http://a/x.bin', dest, ...digests }, dest, ifExists);

describe('a file that is there', () => {
	const right = { sha256: digestOf('sha256') };
	const wrong = { sha256: digestOf('sha256', 'other') };

	it.each<[ifExists: IfExists, digests: Partial<Target>, decision: string]>([
		['skip', {}, 'skip'],
		['skip', right, 'skip'],
		['skip', { ...right, sha384: digestOf('sha384') }, 'skip'],
		['skip', { sha512: digestOf('sha512') }, 'skip'],
		['update', {}, 'update'],
		['update', right, 'update'],
		['update', wrong, 'fetch'],
		['update', { ...right, sha512: digestOf('sha512', 'other') }, 'fetch'],
		['overwrite', {}, 'fetch'],
		['overwrite', wrong, 'fetch'],
	])('with --if-exists %s and digests %j: %s', async (ifExists, digests, decision) => {
		writeFileSync(dest, 'content');

		expect(await decided(ifExists, digests)).toBe(decision);
	});

	it.each<[name: string, algorithm: string, digests: Partial<Target>]>([
		['SHA-256', 'sha256', wrong],
		['SHA-512', 'sha512', { ...right, sha512: digestOf('sha512', 'other') }],
	])('is refused if its %s is another, and says both', async (name, algorithm, digests) => {
		writeFileSync(dest, 'content');

		await expect(decided('skip', digests)).rejects.toMatchObject({
			code: 'checksum_mismatch',
			message: expect.stringContaining(
				`${dest} is there already with another ${name} (--if-exists update replaces it): ${digestOf(algorithm)}, expected ${digestOf(algorithm, 'other').slice(0, 20)}`,
			) as string,
		});
	});

	it('is refused with --if-exists fail', async () => {
		writeFileSync(dest, 'content');

		await expect(decided('fail')).rejects.toMatchObject({
			code: 'file_exists',
			message: `${dest} is there already`,
		});
	});

	it.each<[name: string, make: () => void, code: string, message: RegExp]>([
		['directory', () => mkdirSync(dest), 'EISDIR', /^a directory is in the place of the file: /],
		[
			'pipe',
			() => execFileSync('mkfifo', [dest]),
			'not_a_file',
			/^a device, pipe or socket is in the place of the file: /,
		],
	])('but is a %s is refused, whatever is to be done', async (_name, make, code, message) => {
		make();

		for (const ifExists of ['skip', 'update', 'overwrite', 'fail'] as const) {
			await expect((async () => await decided(ifExists))()).rejects.toMatchObject({
				...{ code, message: expect.stringMatching(message) as string },
			});
		}
	});

	it('but is a link that leads nowhere is replaced only if that is wanted', async () => {
		symlinkSync('nowhere', dest);

		for (const ifExists of ['skip', 'fail'] as const) {
			await expect((async () => await decided(ifExists))()).rejects.toMatchObject({
				code: 'not_a_file',
				message: `a symbolic link that leads nowhere is in the place of the file: ${dest}`,
			});
		}
		expect([await decided('update'), await decided('overwrite')]).toEqual(['fetch', 'fetch']);
	});

	it('below a file cannot be looked at, and that is said', async () => {
		writeFileSync(dest, 'content');
		const below = join(dest, 'y.bin');
		const target = { id: 'y', index: 0, url: 'http://a/y.bin', dest: below };

		// The system reports ENOTDIR, or only that nothing exists.
		const decision = (() => {
			try {
				return decide(target, below, 'skip');
			} catch (error) {
				return (error as Error).message;
			}
		})();

		expect(decision).toMatch(/^(?:fetch|cannot look at .*: not a directory)$/);
	});
});

it('a file that another process makes or removes meanwhile is fetched or skipped, and never taken for a link', async () => {
	const twin = new Worker(
		`const { writeFileSync, unlinkSync } = require('node:fs');
		for (;;) { writeFileSync(${JSON.stringify(dest)}, ''); unlinkSync(${JSON.stringify(dest)}); }`,
		{ eval: true },
	);
	onTestFinished(async () => {
		await twin.terminate();
	});
	await once(twin, 'online');

	const decisions = new Set<string>();
	for (let count = 0; count < 50_000 || decisions.size < 2; count++) {
		decisions.add(await decided('skip'));
	}

	expect([...decisions].sort()).toEqual(['fetch', 'skip']);
});

it('a file that is not there is fetched, whatever is to be done', async () => {
	for (const ifExists of ['skip', 'update', 'overwrite', 'fail'] as const) {
		expect(await decided(ifExists, { sha256: digestOf('sha256') })).toBe('fetch');
	}
});

describe('a directory', () => {
	it.each<[name: string, make: () => void, empty: boolean]>([
		['that is empty', () => {}, true],
		['with the folder of this run', () => mkdirSync(join(folder, '.flagdl')), true],
		['with a file', () => writeFileSync(dest, ''), false],
		[
			'with both',
			() => {
				mkdirSync(join(folder, '.flagdl'));
				writeFileSync(dest, '');
			},
			false,
		],
		['with a hidden file', () => writeFileSync(join(folder, '.flagdl2'), ''), false],
		['that is not there', () => rmSync(folder, { recursive: true }), true],
		[
			'whose place is taken by a file',
			() => {
				rmSync(folder, { recursive: true });
				writeFileSync(folder, '');
			},
			false,
		],
	])('%s has nothing to skip: %s', (_name, make, empty) => {
		make();

		expect(new EmptyDirectories().isEmpty(dest)).toBe(empty);
	});

	it('is looked at once, and again after a thousand others', () => {
		const directories = new EmptyDirectories();
		expect(directories.isEmpty(dest)).toBe(true);
		writeFileSync(dest, '');

		for (let other = 1; other < 1000; other += 1) {
			directories.isEmpty(join(folder, 'none', `${other}`, 'x.bin'));
		}
		expect(directories.isEmpty(dest)).toBe(true);
		directories.isEmpty(join(folder, 'none', '1000', 'x.bin'));
		expect(directories.isEmpty(dest)).toBe(false);
	});
});
