import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTargets } from '../../src/targets/check-targets.ts';
import { readChecksums } from '../../src/targets/checksums.ts';
import { concatSources } from '../../src/targets/entry.ts';
import { bookLayout, parseMirror } from '../../src/targets/flag-urls.ts';
import { MAX_LINE_BYTES } from '../../src/targets/list/list-file.ts';
import { outputTemplate } from '../../src/targets/output-template.ts';
import { type Plan, streamTargets } from '../../src/targets/resolve-target.ts';
import { argumentSource, listSource } from '../../src/targets/sources.ts';
import type { Target } from '../../src/targets/target.ts';
import { CannotRunError, UsageError } from '../../src/util/errors.ts';

const SHA = 'a'.repeat(64);
let directory: string;
let plan: Plan;

beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), 'flagdl-test-'));
	plan = {
		flags: bookLayout('http://127.0.0.1:8000'),
		mirrors: [],
		outputDir: join(directory, 'out'),
		withNames: false,
	};
});

afterEach(async () => {
	await rm(directory, { recursive: true });
});

async function list(content: string | Uint8Array) {
	const path = join(directory, 'list.txt');
	await writeFile(path, content);
	return listSource(path, 'list.txt');
}

async function targetsOf(source: ReturnType<typeof listSource>, of: Plan = plan, limit?: number) {
	const checked = await checkTargets(source, of, limit);
	const targets: Target[] = [];
	for await (const target of streamTargets(source, of, limit)) {
		targets.push(target);
	}
	expect(targets).toHaveLength(checked.count);
	return { checked, targets };
}

describe('a list', () => {
	it('gives targets in order, with their place, and counts the codes', async () => {
		const source = await list(`\ufeff# flags\r\nbr\r\nhttps://h/a.png#x\tpics/a.png\t${SHA}\n\nxx`);

		const { checked, targets } = await targetsOf(source);

		expect(checked).toEqual({ count: 3, codes: 2, checksums: 1, secrets: 0 });
		expect(targets).toEqual([
			{
				id: 'BR',
				index: 0,
				url: 'http://127.0.0.1:8000/flags/br/br.gif',
				dest: join(directory, 'out', 'br.gif'),
			},
			{
				id: 'https://h/a.png#x',
				index: 1,
				url: 'https://h/a.png',
				dest: join(directory, 'out', 'pics', 'a.png'),
				sha256: SHA,
			},
			{
				id: 'XX',
				index: 2,
				url: 'http://127.0.0.1:8000/flags/xx/xx.gif',
				dest: join(directory, 'out', 'xx.gif'),
			},
		]);
	});

	it('is read no further than its limit', async () => {
		const source = await list('br\ncn\nnonsense\n');

		expect((await targetsOf(source, plan, 2)).targets.map(({ id }) => id)).toEqual(['BR', 'CN']);
		await expect(checkTargets(source, plan, 3)).rejects.toThrow('list.txt:3: found "nonsense"');
	});

	it('names every bad line up to twenty, and says how many there are', async () => {
		const source = await list('bad\n'.repeat(1234));

		await expect(checkTargets(source, plan)).rejects.toThrow(
			/^(list\.txt:\d+: found "bad".*\n){20}… and 1,214 more \(1,234 in all\)$/,
		);
	});

	it('refuses a line without end, and one that is not UTF-8, and reads on', async () => {
		const endless = Buffer.alloc(3 * MAX_LINE_BYTES + 400_000, 'x');
		const source = await list(
			Buffer.concat([endless, Buffer.from('\nbr\n\xff\xfe\ncn\n', 'latin1'), endless]),
		);

		await expect(checkTargets(source, plan)).rejects.toThrow(
			/^list\.txt:1: .*more than 65536 bytes.*\nlist\.txt:3: .*not UTF-8.*\nlist\.txt:5: .*more than 65536/,
		);
	});

	it.each([
		['UTF-16 of Windows', Buffer.from('\ufeffbr\nhttps://h/a\n', 'utf16le'), 'text in UTF-16'],
		['UTF-16, big end first', Buffer.from('\ufeffbr\n', 'utf16le').swap16(), 'text in UTF-16'],
		['gzip', gzipSync('br\n'), 'a file compressed by gzip'],
		['a spreadsheet', 'PK\u0003\u0004\n\n', 'a ZIP archive or a spreadsheet'],
		['an array of JSON', '[\n{"url": "br"},\n{"url": "cn"}\n]\n', 'an array of JSON'],
		['columns without url', '# c\nsha256,dest\na,b\nc,d\n', 'the columns "sha256,dest"'],
	])('that is %s has one problem, with the way out', async (_name, content, found) => {
		await expect(checkTargets(await list(content), plan)).rejects.toThrow(
			new RegExp(`^list\\.txt:[12]: found ${found}; allowed: [^\n]+$`),
		);
	});

	it('names both lines that share a destination, without regard to case and form', async () => {
		const source = await list(
			'https://h/a/Flag.gif\nbr\nhttps://h/b/flag.GIF\nus\tCo\u0302te\nfr\tCÔTE\nBR\n',
		);

		await expect(checkTargets(source, plan)).rejects.toThrow(
			[
				'list.txt:3: saves to "flag.GIF", as list.txt:1 does; give one of them another destination, or all of them -o \'{stem}-{hash}{ext}\'',
				'list.txt:5: saves to "CÔTE", as list.txt:4 does; give one of them another destination, or all of them -o \'{stem}-{hash}{ext}\'',
				'list.txt:6: found "BR" again, after list.txt:2; drop one of them',
			].join('\n'),
		);
	});

	it('names both lines if the file of one is a folder of the other, in any order and any depth', async () => {
		const lines = [
			'https://h/1\tx',
			'https://h/2\tX/y',
			'https://h/3\ta/b/c/d',
			'https://h/4\ta/b/c/e',
			'https://h/5\tA/B',
			'https://h/6\ta/bb/c',
			'https://h/7\ta/b.gif',
		];
		const advice = "give one of them another destination, or all of them -o '{stem}-{hash}{ext}'";

		await expect(checkTargets(await list(lines.join('\n')), plan)).rejects.toThrow(
			[
				`list.txt:2: saves to "X/y", but list.txt:1 saves a file where its folder would be; ${advice}`,
				`list.txt:5: saves to "A/B", which is a folder for list.txt:3; ${advice}`,
			].join('\n'),
		);
		const others = lines.filter((_, index) => index !== 0 && index !== 4).join('\n');
		expect((await checkTargets(await list(others), plan)).count).toBe(5);
	});

	it('finds such a file among a hundred thousand, and counts the folders', async () => {
		const lines = Array.from({ length: 50_000 }, (_, index) => [
			`https://h/${index}a\t${index}/a`,
			`https://h/${index}b\t${index % 7}/b${index}/c`,
		]).flat();
		expect((await checkTargets(await list(lines.join('\n')), plan)).count).toBe(100_000);

		lines.push(...Array.from({ length: 25 }, (_, index) => `https://h/c${index}\t${index}`));
		await expect(checkTargets(await list(lines.join('\n')), plan)).rejects.toThrow(
			/^list\.txt:100001: saves to "0", which is a folder for list\.txt:1; [\s\S]*… and 5 more \(25 in all\)$/,
		);
	});

	it('says how many collisions there are, though it remembers few', async () => {
		const source = await list(
			Array.from({ length: 5000 }, (_, index) => `https://h/${index >> 1}/${index >> 1}\n`).join(
				'',
			),
		);

		await expect(checkTargets(source, plan)).rejects.toThrow('… and 2,480 more (2,500 in all)');
	});

	it('collides with arguments too', async () => {
		const source = concatSources([argumentSource({ codes: ['br'] }), await list('br\n')]);

		await expect(checkTargets(source, plan)).rejects.toThrow(
			'list.txt:1: found "BR" again, after BR',
		);
	});

	describe('that changes after it was checked', () => {
		const path = () => join(directory, 'list.txt');
		const lines = (from: string, count = 5000) =>
			Array.from({ length: count }, (_, index) => `https://h/${from}/${index}\n`).join('');
		const changed = /^list\.txt has changed since it was checked, at byte \d+ or after/;
		async function given(source: ReturnType<typeof listSource>, limit?: number) {
			const ids: string[] = [];
			for await (const { id } of streamTargets(source, plan, limit)) {
				ids.push(id);
			}
			return ids;
		}

		it.each([
			['lines', lines('a', 20), 'https://h/b/7\n'],
			['lines, after one without its end', 'https://h/a', '/7\nhttps://h/7\n'],
			['what is no entry', lines('a'), '\tbad\n'],
			['as much again', lines('a'), lines('b')],
		])('gives no target of %s that were appended', async (_name, before, after) => {
			const source = await list(before);
			const { count } = await checkTargets(source, plan);
			await appendFile(path(), after);

			const ids = await given(source);

			expect(ids).toEqual(before.trimEnd().split('\n'));
			expect(ids).toHaveLength(count);
		});

		it.each([
			['is shorter', async () => await truncate(path(), 70_000)],
			['is empty', async () => await truncate(path(), 0)],
			['has other lines', async () => await writeFile(path(), lines('b'))],
			[
				'is another file',
				async () => {
					await writeFile(`${path()}.new`, lines('b'));
					await rename(`${path()}.new`, path());
				},
			],
		])('ends with a sentence if it %s', async (_name, change) => {
			const source = await list(lines('a'));
			await checkTargets(source, plan);
			await change();

			await expect(given(source)).rejects.toThrow(changed);
			await expect(given(source)).rejects.toThrow(CannotRunError);
		});

		it('ends with a sentence if it is gone', async () => {
			const source = await list('br\n');
			await checkTargets(source, plan);
			await rm(path());

			await expect(given(source)).rejects.toThrow(
				/^cannot read list\.txt again, after it has been checked: no such file or directory$/,
			);
		});

		it('gives what was there before the change, and nothing of what was not checked', async () => {
			const source = await list(lines('a'));
			await checkTargets(source, plan);
			const ids: string[] = [];

			await expect(
				(async () => {
					for await (const { id } of streamTargets(source, plan)) {
						if (ids.push(id) === 1) {
							await writeFile(path(), lines('b'));
						}
					}
				})(),
			).rejects.toThrow(changed);

			expect(ids.length).toBeGreaterThan(1000);
			expect(ids.every((id) => id.startsWith('https://h/a/'))).toBe(true);
		});

		it('may change after the limit', async () => {
			const source = await list(lines('a'));
			await checkTargets(source, plan, 3);
			await truncate(path(), 65_536);
			await appendFile(path(), lines('b'));

			expect(await given(source, 3)).toEqual(['https://h/a/0', 'https://h/a/1', 'https://h/a/2']);
		});
	});

	it('survives whatever is in it: targets below the output directory, or a usage error', async () => {
		const part = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.webUrl(),
			fc.constantFrom(
				'br',
				'\t',
				'../',
				'/',
				'{"url":',
				'#',
				' ',
				'\\',
				'C:',
				'NUL',
				'\u0000',
				'%2e%2e%2f',
			),
		);
		const line = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
		await fc.assert(
			fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 20 }), async (lines) => {
				const source = await list(lines.join('\n'));
				try {
					for (const { dest } of (await targetsOf(source)).targets) {
						expect(dest.startsWith(plan.outputDir + sep)).toBe(true);
					}
				} catch (error) {
					expect(error).toBeInstanceOf(UsageError);
				}
			}),
			{ numRuns: 500 },
		);
	});
});

describe('arguments', () => {
	it('may be codes, letters and URLs, in order and each once', async () => {
		const source = argumentSource({ codes: ['us', 'https://h/a', 'q', 'US', 'https://h/a'] });

		expect((await targetsOf(source)).targets.map(({ id }) => id)).toEqual([
			'US',
			'https://h/a',
			'QA',
		]);
	});

	it.each([
		[{ codes: ['https://h/a'], all: true }, 'contradict'],
		[{ codes: ['https://h/a', 'brazil'] }, 'found "brazil"'],
		[{ codes: ['ftp://h/a'] }, 'found "ftp://h/a"'],
	])('refuse %j', (selection, message) => {
		expect(() => argumentSource(selection)).toThrow(message);
	});
});

describe('a plan', () => {
	it('names the metadata of each code', async () => {
		const { targets } = await targetsOf(argumentSource({ codes: ['br'] }), {
			...plan,
			withNames: true,
		});

		expect(targets[0]?.naming).toEqual({
			metadataUrl: 'http://127.0.0.1:8000/flags/br/metadata.json',
			directory: plan.outputDir,
			extension: '.gif',
		});
	});

	it('has no names for URLs', async () => {
		const source = argumentSource({ codes: ['https://h/a'] });

		await expect(checkTargets(source, { ...plan, withNames: true })).rejects.toThrow(
			'argument 1: found "https://h/a" with --with-names',
		);
	});

	it('adds mirrors after those of the list, each once', async () => {
		const mirrors = [parseMirror('http://m:1'), parseMirror('http://n/x')];
		const source = await list(
			'br\n{"url": "https://h/a/b.gif?c=1", "mirrors": ["https://l/b.gif", "http://m:1/a/b.gif?c=1"]}\n',
		);

		const { targets } = await targetsOf(source, { ...plan, mirrors });

		expect(targets.map((target) => target.mirrors)).toEqual([
			['http://m:1/flags/br/br.gif', 'http://n/x/br/br.gif'],
			['https://l/b.gif', 'http://m:1/a/b.gif?c=1', 'http://n/x/a/b.gif?c=1'],
		]);
	});

	it('counts the targets of an output template from one', async () => {
		const output = outputTemplate('{index}{ext}');
		const { targets } = await targetsOf(argumentSource({ codes: ['br', 'cn'] }), {
			...plan,
			output,
		});

		expect(targets.map(({ dest }) => dest)).toEqual([
			join(plan.outputDir, '1.gif'),
			join(plan.outputDir, '2.gif'),
		]);
	});
});

describe('checksums', () => {
	async function checksums(content: string) {
		const path = join(directory, 'SHA256SUMS');
		await writeFile(path, content);
		return await readChecksums(path, 'SHA256SUMS');
	}

	it('are found by path, then by name, in all the forms of sha256sum', async () => {
		const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((digit) => digit.repeat(64));
		const find = await checksums(
			[
				`${a}  flags/br/br.gif`,
				`${b?.toUpperCase()} *./europe/fr.gif`,
				`\\${c}  new\\nline\\\\.gif`,
				`SHA256 (us.gif) = ${d}`,
				`${e}  asia/fr.gif`,
				'',
			].join('\n'),
		);

		expect(find('br.gif')).toEqual({ sha256: a });
		expect(find('europe/fr.gif')).toEqual({ sha256: b });
		expect(find('new\nline\\.gif')).toEqual({ sha256: c });
		expect(find('us.gif')).toEqual({ sha256: d });
		expect(find('fr.gif')).toEqual({});
	});

	it.each([
		['one space', `${SHA} a.bin`],
		['a tab', `${SHA}\ta.bin`],
		['a tag of BSD', `SHA256 (a.bin) = ${SHA}`],
		['a tag of BSD with escapes', `\\SHA256 (a.bin) = ${SHA}`],
		['openssl', `SHA256(a.bin)= ${SHA}`],
		['openssl 3', `SHA2-256(a.bin)= ${SHA}`],
		[
			'other algorithms beside',
			`${'c'.repeat(40)}  a.bin\nMD5 (a.bin) = ${'d'.repeat(32)}\n${SHA}  a.bin`,
		],
		[
			'a signature around it',
			`-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${SHA}  a.bin\n-----BEGIN PGP SIGNATURE-----\n\niQIzBAEB=\n-----END PGP SIGNATURE-----`,
		],
	])('may be written with %s', async (_, content) => {
		const find = await checksums(`${content}\n`);

		expect(find('a.bin')).toEqual({ sha256: SHA });
	});

	it('must not contradict each other', async () => {
		await expect(checksums(`${SHA}  a.bin\n${'b'.repeat(64)}  ./a.bin\n`)).rejects.toThrow(
			'SHA256SUMS:2: found another SHA-256 of "./a.bin" than before',
		);
	});

	it('may be SHA-384 and SHA-512, alone or beside', async () => {
		const [b, c] = ['b'.repeat(96), 'c'.repeat(128)];
		const find = await checksums(
			`${c}  a.bin\nSHA384 (dir/a.bin) = ${b}\nSHA2-512(b.bin)= ${c}\n${SHA} *a.bin\n`,
		);

		expect(find('a.bin')).toEqual({ sha256: SHA, sha384: b, sha512: c });
		expect(find('b.bin')).toEqual({ sha512: c });
		await expect(checksums(`SHA512 (a) = ${SHA}\n${c}  b\n${'d'.repeat(128)}  b`)).rejects.toThrow(
			/^SHA256SUMS:1: found "SHA512 .*; allowed: 64, 96 or 128 .*\nSHA256SUMS:3: found another SHA-512/,
		);
	});

	it('are refused if all are of other algorithms', async () => {
		await expect(checksums(`${'c'.repeat(40)}  a.bin\n`)).rejects.toThrow(
			'SHA256SUMS:1: found digests of another algorithm only; allowed: SHA-256, SHA-384 or SHA-512',
		);
	});

	it('name every line that is none', async () => {
		await expect(checksums(`${SHA}  a\n${SHA}\nnonsense\n`)).rejects.toThrow(
			/^SHA256SUMS:2: found .*\nSHA256SUMS:3: found "nonsense"/,
		);
	});

	it('must not contradict the list', async () => {
		const source = await list(`br\t\t${SHA}\n`);
		const ofFile = await checksums(`${'b'.repeat(64)}  br.gif\n`);

		await expect(checkTargets(source, { ...plan, checksums: ofFile })).rejects.toThrow(
			'list.txt:1: found the SHA-256 aaaa',
		);
	});
});
