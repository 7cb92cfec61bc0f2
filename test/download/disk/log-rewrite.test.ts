import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
	chmodSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LogRewrite } from '../../../src/download/disk/log-rewrite.ts';
import { createRunName } from '../../../src/download/disk/run-folders.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

let folder: string;
let path: string;
let reserved: string;

beforeEach(async () => {
	folder = await temporaryFolder();
	path = join(folder, 'log');
	reserved = join(folder, '.flagdl');
	writeFileSync(path, 'old');
});

const text = () => readFileSync(path, 'utf8');
const modeOf = (file: string) => statSync(file).mode & 0o777;

function begun(): LogRewrite {
	const rewrite = LogRewrite.begin(path);
	if (rewrite === undefined) {
		throw new Error('another run is writing a new version');
	}
	return rewrite;
}

describe('a new version of a file', () => {
	it('replaces it once it is complete, and leaves nothing beside it', async () => {
		const rewrite = begun();
		rewrite.write(Buffer.from('new '));
		rewrite.write(Buffer.alloc(3_000_000, 'x'));
		expect(text()).toBe('old');

		rewrite.commit();

		expect(text()).toBe(`new ${'x'.repeat(3_000_000)}`);
		expect(await filesIn(folder)).toEqual(['log']);
	});

	it('that is abandoned changes nothing, whatever is written afterwards', async () => {
		const rewrite = begun();
		rewrite.write(Buffer.from('new'));

		rewrite.abandon();
		rewrite.write(Buffer.from('more'));
		rewrite.abandon();

		expect(text()).toBe('old');
		expect(await filesIn(folder)).toEqual(['log']);
	});

	it.each([
		['committed', (rewrite: LogRewrite) => rewrite.commit()],
		['abandoned', (rewrite: LogRewrite) => rewrite.abandon()],
	])('that is %s leaves no file open', (_name, end) => {
		const open = () => readdirSync('/proc/self/fd').map((fd) => linkOf(`/proc/self/fd/${fd}`));
		const rewrite = begun();
		expect(open()).toContainEqual(expect.stringContaining(reserved));

		end(rewrite);

		expect(open().filter((file) => file.startsWith(folder))).toEqual([]);
	});

	it('is begun while other runs remove the reserved directory when they find it empty', async () => {
		const others = new Worker(
			`const { rmdirSync } = require('node:fs');
			const pause = new Int32Array(new SharedArrayBuffer(4));
			for (;;) {
				try { rmdirSync(${JSON.stringify(reserved)}); } catch {}
				Atomics.wait(pause, 0, 0, 2);
			}`,
			{ eval: true },
		);
		onTestFinished(async () => {
			await others.terminate();
		});
		await once(others, 'online');

		for (let count = 0; count < 1000; count += 1) {
			begun().abandon();
		}

		expect(text()).toBe('old');
	});

	it.each([
		[0o640, 0o640],
		[0o444, 0o644],
	])('has the permissions of the file, %o, and its owner can write it', (mode, expected) => {
		chmodSync(path, mode);

		begun().commit();

		expect(modeOf(path)).toBe(expected);
	});

	it('of a file that is missing has the permissions of a new file', () => {
		path = join(folder, 'missing');
		writeFileSync(join(folder, 'other'), '');

		begun().commit();

		expect(modeOf(path)).toBe(modeOf(join(folder, 'other')));
	});

	it('is not begun while another run writes one, which goes on', async () => {
		const other = begun();

		expect(LogRewrite.begin(path)).toBe(undefined);

		other.write(Buffer.from('new'));
		other.commit();
		expect(text()).toBe('new');
		expect(await filesIn(folder)).toEqual(['log']);
	});

	it.each<[name: string, make: () => void]>([
		['a dead run has left', () => leave(createRunName().split('.').with(3, '1').join('.'))],
		['is no run', () => leave('notes.txt')],
		['is the folder of a run', () => mkdirSync(join(reserved, createRunName()))],
	])('is begun beside what %s', (_name, make) => {
		mkdirSync(reserved);
		make();

		const rewrite = begun();
		rewrite.write(Buffer.from('new'));
		rewrite.commit();

		expect(text()).toBe('new');
	});

	it('leaves nothing behind if no descriptor is left to look for other runs', async () => {
		const script = join(import.meta.dirname, 'rewrite-with-one-descriptor.mjs');
		const line = 'ulimit -n 40 && exec "$0" "$@"';

		const { stdout } = await promisify(execFile)('sh', [
			'-c',
			line,
			process.execPath,
			script,
			path,
		]);

		expect(JSON.parse(stdout)).toEqual({
			endedBy: 'EMFILE',
			failure: { code: 'EMFILE', syscall: 'scandir' },
		});
		expect(await filesIn(folder)).toEqual(['log']);
	});

	it.each<[name: string, make: () => void]>([
		['a file', () => writeFileSync(reserved, '')],
		['a link', () => symlinkSync(folder, reserved)],
	])('is refused if %s is in the place of the reserved directory', (_name, make) => {
		make();

		expect(() => LogRewrite.begin(path)).toThrow(`ENOTDIR: ${reserved} is no directory; remove it`);
		expect(text()).toBe('old');
	});
});

/** A descriptor may be closed meanwhile. */
function linkOf(path: string): string {
	try {
		return readlinkSync(path);
	} catch {
		return '';
	}
}

function leave(name: string): void {
	writeFileSync(join(reserved, name), '');
}
