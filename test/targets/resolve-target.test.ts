import { describe, expect, it } from 'vitest';
import { type Entry, subject } from '../../src/targets/entry.ts';
import { bookLayout, parseMirror, templateLayout } from '../../src/targets/flag-urls.ts';
import { type Plan, resolveTarget, streamTargets } from '../../src/targets/resolve-target.ts';
import { UsageError } from '../../src/util/errors.ts';

const SERVER = 'http://h.example/flags';
const PLAN: Plan = {
	flags: bookLayout(SERVER),
	mirrors: [],
	outputDir: '/out',
	withNames: false,
};
const BR = subject('br', 'argument 1');
const FILE = subject('http://h.example/a/b.txt?c', 'argument 2');
const SHA256 = 'ab'.repeat(32);
const SHA512 = 'cd'.repeat(64);

describe('resolveTarget', () => {
	it.each([
		['a code', BR, { id: 'BR', url: `${SERVER}/br/br.gif`, dest: '/out/br.gif' }],
		['a URL', FILE, { id: FILE.id, url: FILE.id, dest: '/out/b.txt' }],
		['a destination', { ...FILE, dest: 'x/y' }, { id: FILE.id, url: FILE.id, dest: '/out/x/y' }],
	] as const)('gives %s its URL and its place, and nothing else', (_, entry, expected) => {
		expect(resolveTarget(entry, 7, PLAN)).toStrictEqual({ ...expected, index: 7 });
	});

	it('puts no second separator behind the root', () => {
		expect(resolveTarget(BR, 0, { ...PLAN, outputDir: '/' }).dest).toBe('/br.gif');
	});

	it('has what the entry says of its content and of its requests', () => {
		const said = { headers: { 'x-a': 'b' }, sha256: SHA256, credentials: { 'http://h': 'u:p' } };

		expect(resolveTarget({ ...FILE, ...said }, 0, PLAN)).toMatchObject(said);
	});

	it('has the digests of the entry and of --checksums, which asks by path', () => {
		const checksums = (path: string) => (path === 'b.txt' ? { sha512: SHA512 } : {});
		const plan = { ...PLAN, checksums };

		expect(resolveTarget({ ...FILE, sha256: SHA256 }, 0, plan)).toMatchObject({
			sha256: SHA256,
			sha512: SHA512,
		});
		expect(resolveTarget(FILE, 0, plan).sha512).toBe(SHA512);
		expect(resolveTarget(BR, 0, plan)).not.toHaveProperty('sha512');
		expect(() => resolveTarget({ ...FILE, sha512: SHA256 }, 0, plan)).toThrow(
			`found the SHA-512 ${SHA256}, but ${SHA512} in --checksums; drop the wrong one`,
		);
	});

	it('has the mirrors of the entry, then those of all, each once and never its own URL', () => {
		const mirrors = [parseMirror('http://m.example'), parseMirror('http://h.example')];
		const own = ['http://own.example/b', FILE.id];

		expect(resolveTarget(FILE, 0, { ...PLAN, mirrors }).mirrors).toEqual([
			'http://m.example/a/b.txt?c',
		]);
		expect(resolveTarget({ ...FILE, mirrors: own }, 0, { ...PLAN, mirrors }).mirrors).toEqual([
			'http://own.example/b',
			'http://m.example/a/b.txt?c',
		]);
		expect(resolveTarget({ ...FILE, mirrors: own }, 0, PLAN).mirrors).toEqual([own[0]]);
		expect(resolveTarget({ ...FILE, mirrors: [FILE.id] }, 0, PLAN)).not.toHaveProperty('mirrors');
		expect(resolveTarget(BR, 0, { ...PLAN, mirrors }).mirrors).toEqual([
			'http://m.example/flags/br/br.gif',
		]);
	});

	it('takes credentials of the server for codes alone, of mirrors for all', () => {
		const plan = {
			...PLAN,
			flags: bookLayout('http://u:p@h.example/flags'),
			mirrors: [parseMirror('http://v:q@m.example')],
		};

		expect(resolveTarget(BR, 0, plan).credentials).toEqual({
			'http://h.example': 'u:p',
			'http://m.example': 'v:q',
		});
		expect(resolveTarget(FILE, 0, plan).credentials).toEqual({ 'http://m.example': 'v:q' });
	});

	it('leaves the name to the metadata or the response, unless the entry has a destination', () => {
		const named: Entry = { ...BR, dest: 'x.gif' };
		const [withNames, remoteNames] = [
			{ ...PLAN, withNames: true },
			{ ...PLAN, remoteNames: true },
		];

		expect(resolveTarget(BR, 0, withNames).naming).toEqual({
			metadataUrl: `${SERVER}/br/metadata.json`,
			directory: '/out',
			extension: '.gif',
		});
		expect(resolveTarget(FILE, 0, remoteNames).naming).toEqual({
			directory: '/out',
			extension: '',
		});
		for (const plan of [withNames, remoteNames]) {
			expect(resolveTarget(named, 0, plan)).not.toHaveProperty('naming');
		}
		const allowed =
			'with --with-names; allowed: codes, from a server that has metadata (not REMOTE or --template)';
		const noMetadata = { ...withNames, flags: templateLayout('http://t/{cc}.png') };
		expect(() => resolveTarget(FILE, 0, withNames)).toThrow(`found "${FILE.id}" ${allowed}`);
		expect(() => resolveTarget(BR, 0, noMetadata)).toThrow(`found "http://t/br.png" ${allowed}`);
	});
});

it('a line that became bad after it was checked ends the stream with its place', async () => {
	const bad = { where: 'list:2', problems: ['found "x"'] };
	const pulled: string[] = [];
	const pull = async () => {
		for await (const { id, index } of streamTargets(async function* () {
			yield [BR, FILE, bad];
		}, PLAN)) {
			pulled.push(`${index} ${id}`);
		}
	};

	await expect(pull()).rejects.toThrow(new UsageError('list:2: found "x"'));
	expect(pulled).toEqual(['0 BR', `1 ${FILE.id}`]);
});
