import { existsSync, fstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import {
	chown,
	link,
	mkdir,
	readFile,
	rename,
	rm,
	symlink,
	utimes,
	writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { beforeEach, describe, expect, it } from 'vitest';
import {
	claimPart,
	isObsoletePart,
	keepPart,
	keptBytes,
	removeKeptParts,
	type Version,
} from '../../../src/download/disk/kept-parts.ts';
import { PartFile } from '../../../src/download/disk/part-file.ts';
import { PartsDirectory } from '../../../src/download/disk/parts-directory.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const MIB = 1024 * 1024;
const HREF = 'http://a/x.bin';
const VERSION: Version = { servedUrl: HREF, validator: '"v1"', etag: '"v1"' };
const content = Buffer.alloc(MIB + 7, 'content of the part ');

let root: string;
let dest: string;
let parts: PartsDirectory;

beforeEach(async () => {
	root = await temporaryFolder();
	dest = join(root, 'x.bin');
	parts = new PartsDirectory(root);
});

interface Kept {
	readonly url?: string;
	readonly path?: string;
	readonly version?: Version;
}

async function keep(bytes: number, { url = HREF, path = dest, version = VERSION }: Kept = {}) {
	const file = await PartFile.create(path, parts);
	await file.write([content], 0);
	await keepPart(path, url, { file, bytes, version }, parts);
}

const reserved = () => join(root, '.flagdl');
const keptNames = () => readdirSync(reserved()).filter((name) => name.endsWith('.part'));
const keptPath = () => join(reserved(), keptNames()[0] ?? 'none');
/** Simulates another run. */
const nextRun = () => {
	parts = new PartsDirectory(root);
	return parts;
};

describe('a part that is kept', () => {
	it('comes back with all that is known of it, and its content alone', async () => {
		const version: Version = {
			...VERSION,
			lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT',
			completeBytes: 3 * MIB,
			contentEncoding: 'gzip',
			reprDigest: 'sha-256=:x:',
			servedUrl: 'http://b/y.bin',
		};
		await keep(MIB + 5, { version });

		expect(keptBytes(dest, HREF, nextRun())).toBe(MIB + 5);
		const part = await claimPart(dest, HREF, parts);

		expect(part).toMatchObject({ bytes: MIB + 5, version });
		expect(fstatSync(part?.file.descriptor ?? -1).size).toBe(MIB + 5);
		const chunks: Buffer[] = [];
		await part?.file.read(MIB + 5, (chunk) => chunks.push(Buffer.from(chunk)));
		expect(Buffer.concat(chunks).equals(content.subarray(0, MIB + 5))).toBe(true);
		await part?.file.discard();
		expect(keptNames()).toEqual([]);
	});

	it.each([
		[MIB - 1, 0],
		[MIB, 1],
	])('has a size that is worth a range request: %i bytes', async (bytes, count) => {
		await keep(bytes);

		expect(keptNames().length).toBe(count);
		expect(keptBytes(dest, HREF, parts)).toBe(count * bytes);
		expect(parts.hasKept(dest)).toBe(count === 1);
		parts.close(false, () => false);
		expect((await filesIn(root)).length).toBe(count);
	});

	it('is taken once', async () => {
		await keep(MIB);
		const other = new PartsDirectory(root);

		const first = await claimPart(dest, HREF, parts);
		expect([first?.bytes, keptBytes(dest, HREF, parts)]).toEqual([MIB, 0]);
		expect(await claimPart(dest, HREF, parts)).toBeUndefined();
		expect(await claimPart(dest, HREF, other)).toBeUndefined();
		await first?.file.discard();
	});

	it('is that of one URL and one file', async () => {
		await keep(MIB);

		expect(await claimPart(dest, 'http://a/y.bin', parts)).toBeUndefined();
		expect(await claimPart(join(root, 'y.bin'), HREF, parts)).toBeUndefined();
		expect(keptBytes(dest, 'http://a/y.bin', parts)).toBe(0);
		expect(keptNames().length).toBe(1);
	});

	it('is forgotten for all URLs of its file once that is there', async () => {
		const other = join(root, 'y.bin');
		await keep(MIB);
		await keep(MIB, { url: 'http://m/x.bin' });
		await keep(MIB, { path: other });

		removeKeptParts(dest, parts);

		expect(keptNames().length).toBe(1);
		expect(keptBytes(other, HREF, parts)).toBe(MIB);
		removeKeptParts(other, parts);
		expect(keptNames()).toEqual([]);
	});

	it('that cannot be kept is gone, and no failure', async () => {
		const file = await PartFile.create(dest, parts);
		await file.write([content], 0);
		rmSync(reserved(), { recursive: true });

		await keepPart(dest, HREF, { file, bytes: MIB, version: VERSION }, parts);

		expect(readdirSync(root)).toEqual([]);
	});
});

// Only root can change the owner of a file.
it.skipIf(geteuid?.() !== 0)('a part of another user is left alone', async () => {
	await keep(MIB);
	await chown(keptPath(), 1, 1);

	expect(await claimPart(dest, HREF, parts)).toBeUndefined();

	expect(keptNames().length).toBe(1);
});

it('a part whose place is taken by a directory is removed', async () => {
	await keep(MIB);
	const path = keptPath();
	rmSync(path);
	await mkdir(path);

	await keep(MIB);

	expect(await filesIn(root)).toEqual([]);
});

it.skipIf(process.platform !== 'linux')('a part that is looked at is closed again', async () => {
	await keep(MIB);
	const before = readdirSync('/proc/self/fd').length;
	for (let time = 0; time < 50; time += 1) {
		keptBytes(dest, HREF, parts);
		isObsoletePart(keptPath(), root);
	}

	expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 50);
});

describe('what has the name of a kept part', () => {
	const footer = (length: number, magic = 'flagdl/2') => {
		const start = Buffer.alloc(4);
		start.writeUInt32BE(length);
		return Buffer.concat([start, Buffer.from(magic)]);
	};
	const described = (description: unknown, magic?: string) => {
		const text = Buffer.from(JSON.stringify(description));
		return Buffer.concat([content, text, footer(text.length, magic)]);
	};
	const DESCRIPTION = { dest: 'x.bin', url: HREF, ...VERSION };

	it('is one if it says so', async () => {
		await keep(MIB);
		await writeFile(keptPath(), described(DESCRIPTION));

		const part = await claimPart(dest, HREF, nextRun());

		expect(part?.bytes).toBe(content.length);
		await part?.file.discard();
	});

	it.each<[name: string, found: Buffer]>([
		['an empty file', Buffer.alloc(0)],
		['too short for a footer', footer(0).subarray(1)],
		['nothing but a footer', footer(0)],
		['content without a description', content],
		['one of another version', described(DESCRIPTION, 'flagdl/1')],
		['one that was cut off', described(DESCRIPTION).subarray(0, -1)],
		['one that is longer than its file', Buffer.concat([content, footer(content.length + 1)])],
		['one that is too long', described({ ...DESCRIPTION, more: 'x'.repeat(65 * 1024) })],
		['one that is no JSON', Buffer.concat([content, Buffer.from('{'), footer(1)])],
		['nothing', described(null)],
		['a list', described([])],
		['one without a name', described({ ...DESCRIPTION, dest: undefined })],
		['one without a URL', described({ ...DESCRIPTION, url: undefined })],
		['one without the URL that answered', described({ ...DESCRIPTION, servedUrl: 1 })],
		['one without a validator', described({ ...DESCRIPTION, validator: null })],
	])('but is %s is neither resumed nor kept', async (_name, found) => {
		await keep(MIB);
		await writeFile(keptPath(), found);

		expect(isObsoletePart(keptPath(), root)).toBe(true);
		expect(keptBytes(dest, HREF, nextRun())).toBe(0);
		expect(await claimPart(dest, HREF, parts)).toBeUndefined();
		expect(keptNames()).toEqual([]);
	});

	it.each<[name: string, found: Buffer]>([
		['of another file', described({ ...DESCRIPTION, dest: 'y.bin' })],
		['of another URL', described({ ...DESCRIPTION, url: 'http://a/y.bin' })],
		['of less than is worth it', described(DESCRIPTION).subarray(8)],
	])('but is %s is not resumed', async (_name, found) => {
		await keep(MIB);
		await writeFile(keptPath(), found);

		expect(await claimPart(dest, HREF, nextRun())).toBeUndefined();
		expect(keptNames()).toEqual([]);
	});

	it.each<[name: string, change: (path: string) => Promise<unknown>]>([
		['has a second name', async (path) => await link(path, join(root, 'second'))],
		[
			'is a symbolic link',
			async (path) => {
				await rename(path, join(root, 'other'));
				await symlink(join(root, 'other'), path);
			},
		],
		[
			'is a directory',
			async (path) => {
				await rm(path);
				await mkdir(path);
			},
		],
		['is gone', async (path) => await rm(path)],
	])('but %s is left alone', async (_name, change) => {
		await keep(MIB);
		const path = keptPath();
		await change(path);
		const before = await filesIn(root);

		expect(await claimPart(dest, HREF, parts)).toBeUndefined();

		expect(await filesIn(root)).toEqual(before);
	});

	it.each([
		['nothing is', undefined, false],
		['an older file is', -1, false],
		['a file of the same time is', 0, true],
		['a younger file is', 1, true],
	])('is obsolete once its file was saved: if %s there', async (_name, ageSeconds, obsolete) => {
		await keep(MIB);
		await utimes(keptPath(), 1_700_000_000, 1_700_000_000);
		if (ageSeconds !== undefined) {
			await writeFile(dest, 'saved');
			await utimes(dest, 1_700_000_000 + ageSeconds, 1_700_000_000 + ageSeconds);
		}

		expect(isObsoletePart(keptPath(), root)).toBe(obsolete);
		expect(isObsoletePart(join(root, 'none'), root)).toBe(true);
	});
});

describe('a file that is being written', () => {
	it('is read in pieces, as far as is asked for, and no further than it is', async () => {
		const file = await PartFile.create(dest, parts);
		await file.write([content.subarray(0, 10), content.subarray(10)], 0);
		const chunks: Buffer[] = [];

		await file.read(600_000, (chunk) => chunks.push(Buffer.from(chunk)));

		expect(chunks.map(({ length }) => length)).toEqual([262_144, 262_144, 75_712]);
		expect(Buffer.concat(chunks).equals(content.subarray(0, 600_000))).toBe(true);
		await expect(file.read(content.length + 1, () => {})).rejects.toThrow('shorter than it was');
		await file.discard();
		await file.discard();
	});

	it('replaces what has its name, in folders that are made for it, with its time', async () => {
		const deep = join(root, 'a/b/x.bin');
		for (const text of ['first', 'second']) {
			const file = await PartFile.create(deep, parts);
			await file.write([Buffer.from(text)], 0);
			await file.moveTo(deep, 1_700_000_000_000);
		}

		expect(await readFile(deep, 'utf8')).toBe('second');
		expect(statSync(deep).mtimeMs).toBe(1_700_000_000_000);
		parts.close(false, () => false);
		expect(await filesIn(root)).toEqual(['a/b/x.bin']);
	});

	it('does not replace a directory', async () => {
		await mkdir(dest);
		const file = await PartFile.create(dest, parts);

		await expect(file.moveTo(dest)).rejects.toMatchObject({ code: 'EISDIR' });
		await file.discard();
		parts.close(false, () => false);
		expect(existsSync(reserved())).toBe(false);
	});
});
