import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { BadEntry, Entry } from '../../src/targets/entry.ts';
import { MAX_LINE_BYTES } from '../../src/targets/list/list-file.ts';
import { listSource } from '../../src/targets/sources.ts';
import { it } from '../helpers/fixtures.ts';

async function read(folder: string, content: string | Buffer): Promise<(Entry | BadEntry)[]> {
	const path = join(folder, 'list');
	await writeFile(path, content);
	const entries: (Entry | BadEntry)[] = [];
	for await (const batch of listSource(path, 'l')()) {
		entries.push(...batch);
	}
	return entries;
}

const SHA = 'ab'.repeat(32);

const problemsIn = (entries: readonly (Entry | BadEntry)[]) =>
	entries.flatMap((entry) =>
		'problems' in entry ? entry.problems.map((problem) => `${entry.where}: ${problem}`) : [],
	);

describe('a list whose first line names its columns', () => {
	it('has each member in a column, in any order and any case', async ({ folder }) => {
		const entries = await read(
			folder,
			[
				'\ufeff# made by a spreadsheet\r',
				'\r',
				'Dest,URL,"sha256",sha512,integrity,Mirrors,header.Accept,HEADER.X-Key\r',
				`a.gif,https://h/a,${SHA},,,https://m/a http://u:p@n/a,image/gif,k 1\r`,
				'\r',
				'# a comment\r',
				`,br,,${SHA}${SHA},sha384-${'A'.repeat(64)},,,\r`,
				',,,,,,,\r',
				'"#1, 2.gif","https://h/b?a=""1""",,,,"https://m/b\r',
				'https://n/b",,\r',
				'c.gif,https://h/c,,,,,,',
			].join('\n'),
		);

		expect(entries).toMatchObject([
			{
				where: 'l:4',
				id: 'https://h/a',
				dest: 'a.gif',
				sha256: SHA,
				mirrors: ['https://m/a', 'http://n/a'],
				credentials: { 'http://n': 'u:p' },
				headers: { accept: 'image/gif', 'x-key': 'k 1' },
			},
			{ where: 'l:7', id: 'BR', isCode: true, sha512: SHA + SHA, sha384: '0'.repeat(96) },
			{
				where: 'l:9',
				id: 'https://h/b?a="1"',
				dest: '#1, 2.gif',
				mirrors: ['https://m/b', 'https://n/b'],
			},
			{ where: 'l:11', id: 'https://h/c', dest: 'c.gif' },
		]);
		expect(entries).toHaveLength(4);
	});

	it('may have one column', async ({ folder }) => {
		expect(await read(folder, '"URL"\nhttps://h/a\n"https://h/b,c"\n')).toMatchObject([
			{ where: 'l:2', id: 'https://h/a' },
			{ where: 'l:3', id: 'https://h/b,c' },
		]);
		expect(problemsIn(await read(folder, 'url,notes\nhttps://h/a,\n'))).toEqual([
			expect.stringContaining('l:1: found the column "notes"; allowed: url, dest'),
		]);
	});

	it.for([
		['dest,url\na,br', [{ where: 'l:2', id: 'BR', isCode: true, dest: 'a' }]],
		[' Dest ,\t" URL " \n a , br ', [{ where: 'l:2', id: 'BR', isCode: true, dest: 'a' }]],
		[
			'url,mirrors,header.a\nbr,  https://m/a \t https://n/b ,\n',
			[{ where: 'l:2', id: 'BR', isCode: true, mirrors: ['https://m/a', 'https://n/b'] }],
		],
		[
			'url,header.a\nbr,"a ""b"", c"\ncn,""""\njp,"a\n',
			[
				{ where: 'l:2', id: 'BR', isCode: true, headers: { a: 'a "b", c' } },
				{ where: 'l:3', id: 'CN', isCode: true, headers: { a: '"' } },
				{ where: 'l:4', problems: ['found a field in double quotes that does not end'] },
			],
		],
		[
			'url,mirrors\nbr,"https://m/\n\n# ""https://n/"""\n"cn"\n',
			[
				{ where: 'l:2', problems: [expect.stringContaining('found "#"; allowed: a URL')] },
				{ where: 'l:5', problems: ['found 1 field; allowed: 2, as the first line has'] },
			],
		],
		[
			'url,dest\n  # a comment\n \t \n , \nbr,#1\n#c,d\n',
			[{ where: 'l:5', id: 'BR', isCode: true, dest: '#1' }],
		],
		[
			'url,dest\n"# no comment",a\nbr,"b"\r\nc"n,\n',
			[
				{ where: 'l:2', problems: [expect.stringContaining('found "# no comment"; allowed')] },
				{ where: 'l:3', id: 'BR', isCode: true, dest: 'b' },
				{
					where: 'l:4',
					problems: [expect.stringMatching(/^found a double quote within a field; /)],
				},
			],
		],
	] as const)('such as %j is read to the letter', async ([text, entries], { folder }) => {
		expect(await read(folder, text)).toStrictEqual(entries);
	});

	it.for([
		[
			'url,dest',
			'br,a,b',
			'3 fields',
			', as the first line has; put a field that has a comma in it in double quotes',
		],
		['url,dest', 'br', '1 field', ', as the first line has'],
		['url,dest', '"br"', '1 field', ', as the first line has'],
		['url\tdest', 'br\ta\tb', '3 fields', ', as the first line has'],
		[
			'url;dest',
			'br;a;b',
			'3 fields',
			', as the first line has; put a field that has a semicolon in it in double quotes',
		],
	] as const)('%j does not go with %j', async ([names, fields, found, hint], { folder }) => {
		expect(problemsIn(await read(folder, `${names}\n${fields}\n`)).at(-1)).toBe(
			`l:2: found ${found}; allowed: 2${hint}`,
		);
	});

	it.for([
		['dest,sha256', 'the columns "dest,sha256"; allowed: url among them'],
		['sha256,notes,dest', 'the columns "sha256,notes,dest"'],
		['header.a,header.b', 'the columns "header.a,header.b"'],
		[' [{"url":"br"}]', 'an array of JSON; allowed: an object on each line'],
		['url,a-header.', 'the column "a-header."; allowed: url, dest'],
		['dest,notes', '"dest,notes"; allowed: a country code'],
		['{"dest":"[', 'a line that begins with {'],
	] as const)('%j is none, and is told to be %s', async ([first, found], { folder }) => {
		expect(problemsIn(await read(folder, `\n${first}\n`))).toEqual([
			expect.stringContaining(`l:2: found ${found}`),
		]);
	});

	it('is no list whose first destination is called url', async ({ folder }) => {
		expect(await read(folder, 'br\turl\n')).toMatchObject([{ id: 'BR', dest: 'url' }]);
	});

	it('is no list of JSON in whose text there is a word like url', async ({ folder }) => {
		const line = '{"url": "br", "headers": {"accept": "x,url,y"}}\n';

		expect(await read(folder, line)).toMatchObject([{ id: 'BR', headers: { accept: 'x,url,y' } }]);
	});

	it('may have TABs between them', async ({ folder }) => {
		const entries = await read(
			folder,
			'url\tsha256\tdest\nhttps://h/a,b\t\t"a\tb.gif"\nbr\t\t\nbr\n',
		);

		expect(entries).toMatchObject([
			{ problems: [expect.stringContaining('U+0009')] },
			{ id: 'BR' },
			{ problems: ['found 1 field; allowed: 3, as the first line has'] },
		]);
	});

	it('names the column that is unknown beside url alone', async ({ folder }) => {
		expect(problemsIn(await read(folder, 'id,url\n1,https://h/a\n'))).toEqual([
			expect.stringContaining('l:1: found the column "id"; allowed: url, dest, sha256'),
		]);
	});

	it('tells all that is wrong with it at once, by line, and no secret', async ({ folder }) => {
		const entries = await read(
			folder,
			[
				'url,dst,sha256,url,dest,header.range,header.a b,header.Key',
				'ftp://h/a,,secret,,../x,secret,secret,secret',
				'https://h/a,b',
				'https://h/a,,,,,,,,secret',
				'https://h/a,,,,,,,"secret\nsecret"',
				'secret,"secret" secret,,,,,,',
				'https://h/ok,,,,,,,',
				'https://h/a,,,,,,,"secret',
			].join('\n'),
		);

		const problems = problemsIn(entries);
		expect(problems.join('\n')).not.toMatch(/secret/);
		expect(problems).toEqual([
			expect.stringMatching(/^l:1: found the column "dst"; allowed: .*; did you mean dest\?$/),
			'l:1: found the column "url" twice; drop one of them',
			'l:1: found the header field range, which flagdl sets itself',
			expect.stringContaining('l:1: found no name of a header field'),
			expect.stringContaining('l:2: found "ftp://h/a"'),
			expect.stringContaining('l:2: found 6 characters as SHA-256'),
			expect.stringContaining('l:2: found ".." in the destination'),
			expect.stringContaining('l:3: found 2 fields; allowed: 8'),
			expect.stringContaining('l:4: found 9 fields; allowed: 8, as the first line has; put a'),
			expect.stringContaining('l:5: found a line break in the value of the header field key'),
			expect.stringContaining('l:7: found a double quote within a field'),
			'l:9: found a field in double quotes that does not end',
		]);
		expect(entries.filter((entry) => 'id' in entry)).toMatchObject([{ where: 'l:8' }]);
	});

	it('tells what is wrong with its columns once, and goes on with the others', async ({
		folder,
	}) => {
		const rows = Array.from({ length: 100 }, (_, index) => `https://h/${index},S3CRET,x,y`);
		const text = ['url,header.a b,header.accept,ur', ...rows, 'nope,,,'].join('\n');

		expect(problemsIn(await read(folder, text))).toEqual([
			'l:1: found no name of a header field; allowed: letters, digits and dashes, such as Authorization',
			expect.stringMatching(/^l:1: found the column "ur"; allowed: .*; did you mean url\?$/),
			expect.stringMatching(/^l:102: found "nope"; allowed: a country code/),
		]);
	});

	it('says that semicolons are none of its delimiters', async ({ folder }) => {
		const problems = problemsIn(await read(folder, 'url;dest\nhttps://h/a;a.gif\n'));

		expect(problems).toEqual(['l:1: found columns divided by semicolons; allowed: commas or TABs']);
	});

	it('holds no more of a field that does not end than a line may have', async ({ folder }) => {
		const lines = `${'x'.repeat(999)}\n`.repeat(100);
		const entries = await read(folder, `url,dest\nbr,"\n${lines}cn,\n`);

		const problems = problemsIn(entries);
		expect(problems[0]).toBe(
			`l:2: found a field in double quotes that does not end within ${MAX_LINE_BYTES} characters`,
		);
		expect(problems[1]).toMatch(/^l:(6|7)\d: found 1 field; allowed: 2/);
		expect(entries.at(-1)).toMatchObject({ id: 'CN', where: 'l:103' });
	});

	it('may begin after many lines of comments, by which its lines are counted', async ({
		folder,
	}) => {
		const comments = '# a comment\n\n'.repeat(6000);

		expect(problemsIn(await read(folder, `${comments}url,notes\nbr,\nx,\n`))).toEqual([
			expect.stringContaining('l:12001: found the column "notes"'),
			expect.stringContaining('l:12003: found "x"'),
		]);
		expect(await read(folder, comments)).toEqual([]);
	});

	it('is none where a line that cannot be read comes first', async ({ folder }) => {
		const content = Buffer.from('\n\xff\nurl,dest\nbr', 'latin1');

		expect(problemsIn(await read(folder, content))).toEqual([
			'l:2: found bytes that are not UTF-8; save the list as UTF-8',
			expect.stringContaining('l:3: found "url,dest"; allowed: a country code'),
		]);
	});

	it('goes on after a line that is not UTF-8', async ({ folder }) => {
		const content = Buffer.from('url,dest\nbr,"a\n\xff"\ncn,\n', 'latin1');

		expect(problemsIn(await read(folder, content))).toEqual([
			'l:3: found bytes that are not UTF-8; save the list as UTF-8',
		]);
	});

	it('has the fields that were written, whatever is in them', async ({ folder }) => {
		const cell = fc.string({ unit: fc.constantFrom(...Array.from('a",\n\r\t #é')) });
		const row = fc.tuple(cell, cell);
		await fc.assert(
			fc.asyncProperty(
				fc.array(row, { maxLength: 5 }),
				fc.constantFrom(',', '\t'),
				fc.constantFrom('\n', '\r\n'),
				async (rows, delimiter, lineEnd) => {
					const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
					const lines = rows.map((cells) => ['https://h/a', ...cells].map(quoted).join(delimiter));
					const head = ['url', 'mirrors', 'header.a'].join(delimiter);
					const entries = await read(folder, [head, ...lines, ''].join(lineEnd));

					let number = 2;
					for (const [index, cells] of rows.entries()) {
						expect(entries[index]?.where).toBe(`l:${number}`);
						const value = cells[1].trim();
						const problems = problemsIn(entries.slice(index, index + 1)).join();
						expect(problems.includes('a line break in the value')).toBe(/[\r\n]/.test(value));
						number += cells.join('').split('\n').length;
					}
					expect(entries).toHaveLength(rows.length);
				},
			),
			{ numRuns: 200 },
		);
	});
});
