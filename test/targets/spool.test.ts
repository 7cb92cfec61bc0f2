import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, expect, vi } from 'vitest';
import { spool } from '../../src/targets/sources.ts';
import { CannotRunError } from '../../src/util/errors.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';

const never = new AbortController().signal;

afterEach(() => {
	vi.unstubAllEnvs();
});

it('a stream is written down for its owner alone, and removed with its folder', async ({
	folder,
}) => {
	vi.stubEnv('TMPDIR', folder);
	const spooled = await spool(Readable.from(['br\n', 'cn\n']), never);
	const { path } = spooled;

	expect(await readFile(path, 'utf8')).toBe('br\ncn\n');
	expect((await stat(path)).mode & 0o777).toBe(0o600);
	expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
	await spooled.remove();
	await expect(stat(dirname(path))).rejects.toThrow('ENOENT');
	await spooled.remove();
});

it.for([
	['what the stream says', Object.assign(new Error('it broke'), { code: 'EIO', syscall: 'read' })],
	['what the stream says without a system call', new Error('it broke')],
] as const)('%s is thrown, and nothing is left', async ([, error], { folder }) => {
	vi.stubEnv('TMPDIR', folder);
	const broken = new Readable({ read: () => broken.destroy(error) });

	await expect(spool(broken, never)).rejects.toBe(error);
	expect(await filesIn(folder)).toEqual([]);
});

it('a signal ends it, and nothing is left', async ({ folder }) => {
	vi.stubEnv('TMPDIR', folder);
	const controller = new AbortController();
	const silent = new Readable({ read: () => controller.abort() });

	await expect(spool(silent, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
	expect(await filesIn(folder)).toEqual([]);
});

it('a disk that is full is what cannot be run on', async ({ folder }) => {
	vi.stubEnv('TMPDIR', folder);
	const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
	const broken = new Readable({ read: () => broken.destroy(full) });

	await expect(spool(broken, never)).rejects.toThrow(CannotRunError);
});
