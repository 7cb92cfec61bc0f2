import { execFileSync } from 'node:child_process';
import {
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRunName } from '../../../src/download/disk/run-folders.ts';
import { SharedLog } from '../../../src/download/disk/shared-log.ts';
import {
	keyOf,
	keyOfLine,
	parseEntry,
	STATE_HEADER,
	STATE_LINE_MAX_BYTES,
	toStateLine,
} from '../../../src/download/disk/state-entry.ts';
import { StateFile, type StateSettings } from '../../../src/download/disk/state-file.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import type { Target, Validators } from '../../../src/targets/target.ts';
import { collect } from '../../helpers/collect.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const canMount = process.getuid?.() === 0 && process.platform === 'linux';
const ENTRY = { dest: 'a.gif', url: 'http://a/a.gif', etag: '"v1"', bytes: 3, mtimeMs: 1000 };

let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
});

const statePath = () => join(folder, '.flagdl-state.json');
const target = (rest: Partial<Target> = {}): Target => ({
	...{ id: 'a', index: 0, url: ENTRY.url, dest: join(folder, ENTRY.dest) },
	...rest,
});

function save(dest = join(folder, ENTRY.dest)): void {
	writeFileSync(dest, 'old');
	utimesSync(dest, 1, 1);
}

const outcome = (rest: Partial<Outcome> = {}): Outcome => ({
	...{ target: target(), status: 'ok', dest: join(folder, ENTRY.dest), bytes: 3 },
	...{ requests: 1, retries: 0, startMs: 0, endMs: 1, etag: ENTRY.etag },
	...rest,
});

async function remember(rest: Partial<Outcome> = {}, settings: StateSettings = {}): Promise<void> {
	const state = await StateFile.open(folder, settings);
	state.record(outcome(rest));
	await state.close();
}

async function validatorsOf(
	asked: Target,
	settings: StateSettings = {},
): Promise<Validators | undefined> {
	const state = await StateFile.open(folder, settings);
	const [found] = await collect(state.withValidators([asked]));
	await state.close();
	return found?.validators;
}

describe('a line of the state', () => {
	it('is read as it was written', () => {
		const whole = { ...ENTRY, lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT', raw: true as const };

		expect(parseEntry(toStateLine(whole))).toEqual(whole);
		expect(parseEntry(toStateLine(ENTRY))).toEqual(ENTRY);
	});

	it.each([
		['no JSON', '{"dest":"a.gif"'],
		['null', 'null'],
		['a number', '1'],
		['a name that is none', JSON.stringify({ ...ENTRY, dest: 1 })],
		['a URL that is none', JSON.stringify({ ...ENTRY, url: null })],
		['an ETag that is none', JSON.stringify({ ...ENTRY, etag: 1 })],
		['an ETag with a line feed', JSON.stringify({ ...ENTRY, etag: '"v1"\nX: y' })],
		['an ETag that begins with a NUL', JSON.stringify({ ...ENTRY, etag: '\0"v1"' })],
		['an ETag with DEL', JSON.stringify({ ...ENTRY, etag: '"\x7f"' })],
		['an ETag that no field can have', JSON.stringify({ ...ENTRY, etag: '"日"' })],
		['a date that is none', JSON.stringify({ ...ENTRY, lastModified: true })],
		['a date with a line feed', JSON.stringify({ ...ENTRY, lastModified: 'x\r\ny' })],
		['raw, which is false', JSON.stringify({ ...ENTRY, raw: false })],
		['a size that is none', JSON.stringify({ ...ENTRY, bytes: '3' })],
		['a time that is none', JSON.stringify({ ...ENTRY, mtimeMs: undefined })],
	])('with %s is none', (_name, line) => {
		expect(parseEntry(line)).toBeUndefined();
	});

	it.each([
		['{"dest":"a","url":"b"}', 'a'],
		['{"dest":"","url":"b"}', ''],
		['{"dest":"a\\",","url":"b"}', 'a\\",'],
		['{"dest":"a","url":"b"', undefined],
		[' {"dest":"a","url":"b"}', undefined],
		['{"dest":"a","etag":"b"}', undefined],
		['{"dest":"a"}', undefined],
		[STATE_HEADER, undefined],
		['', undefined],
	])('%j has the key %j', (line, key) => {
		expect(keyOfLine(line)).toBe(key);
	});

	it.each(['a.gif', 'a"b\\c', '日本/é', '\x7f', '\t'])('of %j is found by its key', (dest) => {
		const line = Buffer.from(toStateLine({ ...ENTRY, dest })).toString('latin1');

		expect(keyOfLine(line.trimEnd())).toBe(keyOf(dest));
	});
});

describe('what is remembered of a file', () => {
	it('is nothing if it is outside of the folder', async () => {
		const other = await temporaryFolder();
		const dest = join(other, ENTRY.dest);
		save(dest);
		save(`${folder}x.gif`);

		await remember({ dest, target: target({ dest }) });
		await remember({ dest: `${folder}x.gif` });

		expect(await filesIn(folder)).toEqual([]);
		rmSync(`${folder}x.gif`);
		save();
		writeFileSync(statePath(), `${STATE_HEADER}\n${toStateLine(ENTRY)}`);
		expect(await validatorsOf(target())).toEqual({ url: ENTRY.url, etag: ENTRY.etag });
		expect(await validatorsOf(target({ dest }))).toBeUndefined();
	});

	it('is for the kind of content alone that it was: raw or decoded', async () => {
		save();
		for (const raw of [true, false]) {
			await remember({}, { raw });

			expect((await validatorsOf(target(), { raw }))?.etag).toBe(ENTRY.etag);
			expect(await validatorsOf(target(), { raw: !raw })).toBeUndefined();
		}
	});

	it('is its last modification where it has no ETag, and nothing that it does not have', async () => {
		save();
		const { etag: _etag, ...rest } = outcome({ lastModified: 'x' });
		const state = await StateFile.open(folder);
		state.record(rest);
		await state.close();

		expect(await validatorsOf(target())).toStrictEqual({ url: ENTRY.url, lastModified: 'x' });
	});

	it('has a query if its own URL has one', async () => {
		save();
		const url = 'http://a/a.gif?v=1';
		await remember({ target: target({ url }) });

		expect((await validatorsOf(target({ url })))?.url).toBe(url);
		expect(readFileSync(statePath(), 'utf8')).toContain(url);
	});

	it('is of the bundled server only if the whole origin is its', async () => {
		save();
		const settings = { bundledOrigin: 'http://a' };
		await remember({ target: target({ url: 'http://a.example/a.gif' }) }, settings);
		expect(readFileSync(statePath(), 'utf8')).toContain('"http://a.example/a.gif"');

		await remember({}, settings);
		expect(readFileSync(statePath(), 'utf8')).toContain('"url":"/a.gif"');
		expect((await validatorsOf(target(), { bundledOrigin: 'http://b:1' }))?.url).toBe(
			'http://b:1/a.gif',
		);
	});

	it('fits into a line, or is not remembered', async () => {
		save();
		const shortest = Buffer.byteLength(toStateLine(ENTRY)) - ENTRY.etag.length;
		const longest = `"${'x'.repeat(STATE_LINE_MAX_BYTES - shortest - 2)}"`;

		await remember({ etag: longest.replace('x', 'xx') });
		expect(await filesIn(folder)).toEqual([ENTRY.dest]);
		await remember({ etag: longest });
		expect((await validatorsOf(target()))?.etag).toBe(longest);
	});

	it('is counted where nothing was known before', async () => {
		save();
		const first = await StateFile.open(folder);
		first.record(outcome());
		first.record(outcome({ status: 'error' }));
		expect(first.firstRecorded).toBe(1);
		await first.close();

		const second = await StateFile.open(folder);
		second.record(outcome());
		expect(second.firstRecorded).toBe(0);
		await second.close();
	});

	it('is written after a second, while the run goes on', async () => {
		save();
		const state = await StateFile.open(folder);
		state.record(outcome());
		expect(await filesIn(folder)).toEqual([ENTRY.dest]);

		await vi.waitFor(
			() => expect(readFileSync(statePath(), 'utf8')).toContain('{"dest":"a.gif"'),
			20_000,
		);

		expect(readFileSync(statePath(), 'utf8').startsWith(`${STATE_HEADER}\n{`)).toBe(true);
		await state.close();
	});
});

describe('a state file that cannot be written', () => {
	it('says why at the end', async () => {
		save();
		const state = await StateFile.open(folder);
		state.record(outcome());
		rmSync(folder, { recursive: true });

		await expect(state.close()).rejects.toMatchObject({ code: 'ENOENT' });
	});

	it('since another run is replacing it says that, and is left alone', async () => {
		save();
		writeFileSync(statePath(), 'another format\n');
		const owner = join(folder, '.flagdl', createRunName());
		mkdirSync(join(folder, '.flagdl'));
		writeFileSync(owner, 'a new version');

		const state = await StateFile.open(folder);
		expect(state.warning).toBe(
			`${statePath()} is not used: it is damaged; every file is asked for anew`,
		);
		state.record(outcome());
		await expect(state.close()).rejects.toThrow('another run is replacing the state file');

		expect(readFileSync(statePath(), 'utf8')).toBe('another format\n');
		rmSync(owner);
		await remember();
		expect(readFileSync(statePath(), 'utf8')).toBe(`${STATE_HEADER}\n\n${toStateLine(ENTRY)}`);
		expect(await filesIn(folder)).toEqual(['.flagdl-state.json', ENTRY.dest]);
	});

	it('since another run is replacing it is waited for', async () => {
		save();
		writeFileSync(statePath(), 'another format\n');
		const owner = join(folder, '.flagdl', createRunName());
		mkdirSync(join(folder, '.flagdl'));
		writeFileSync(owner, 'a new version');
		const state = await StateFile.open(folder);
		state.record(outcome());

		const closing = state.close();
		rmSync(owner);
		await closing;

		expect(readFileSync(statePath(), 'utf8')).toContain(toStateLine(ENTRY));
	});

	it.skipIf(!canMount)('since it is mounted so is read all the same', async () => {
		save();
		writeFileSync(statePath(), `${STATE_HEADER}\n${toStateLine(ENTRY)}`);
		execFileSync('mount', ['--bind', statePath(), statePath()]);
		onTestFinished(() => {
			execFileSync('umount', [statePath()]);
		});
		execFileSync('mount', ['-o', 'remount,bind,ro', statePath()]);

		expect(await validatorsOf(target())).toEqual({ url: ENTRY.url, etag: ENTRY.etag });
		await expect(remember()).rejects.toMatchObject({ code: 'EROFS' });

		expect(await filesIn(folder)).toEqual(['.flagdl-state.json', ENTRY.dest]);
	});
});

describe('a log of several runs', () => {
	const lines = Buffer.from('a line\n');

	it('begins with its header, and each batch with an empty line', () => {
		const path = join(folder, 'log');
		const [log, other] = [new SharedLog(path, 'header'), new SharedLog(path, 'header')];

		expect([log.append(lines), other.append(lines), log.append(lines)]).toEqual([true, true, true]);
		log.close();
		log.close();
		other.close();

		expect(readFileSync(path, 'utf8')).toBe('header\na line\n\na line\n\na line\n');
	});

	it('goes on in the file that has taken its place', () => {
		const path = join(folder, 'log');
		const log = new SharedLog(path, 'header');
		log.append(lines);
		renameSync(path, join(folder, 'old'));

		expect(log.append(lines)).toBe(true);
		log.close();

		expect(readFileSync(path, 'utf8')).toBe('header\na line\n');
	});

	it('is no pipe, which is closed again', () => {
		const path = join(folder, 'log');
		execFileSync('mkfifo', [path]);
		const log = new SharedLog(path, 'header');
		const before = openFiles();

		for (let time = 0; time < 20; time += 1) {
			expect(() => log.append(lines)).toThrow(`${path} is no regular file`);
		}

		expect(openFiles()).toBeLessThan(before + 20);
	});

	it.skipIf(!canMount)('says that the disk is full', () => {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
		onTestFinished(() => {
			execFileSync('umount', [folder]);
		});
		const log = new SharedLog(join(folder, 'log'), 'header');

		expect(log.append(lines)).toBe(true);
		expect(() => log.append(Buffer.alloc(100_000))).toThrow(/ENOSPC/);
		log.close();
	});
});

function openFiles(): number {
	return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
