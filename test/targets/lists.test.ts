import { join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTargets } from '../../src/targets/check-targets.ts';
import { concatSources } from '../../src/targets/entry.ts';
import { parseMirror } from '../../src/targets/flag-urls.ts';
import { MAX_LINE_BYTES } from '../../src/targets/list/list-file.ts';
import { outputTemplate } from '../../src/targets/output-template.ts';
import { argumentSource } from '../../src/targets/sources.ts';
import { UsageError } from '../../src/util/errors.ts';
import { directory, list, plan, targetsOf } from './list-of-test.ts';

const SHA = 'a'.repeat(64);

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
