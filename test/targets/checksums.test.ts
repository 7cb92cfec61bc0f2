import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readChecksums } from '../../src/targets/checksums.ts';
import { it } from '../helpers/fixtures.ts';

const A = 'ab'.repeat(32);
const B = 'cd'.repeat(64);

async function read(folder: string, ...lines: readonly string[]) {
	const path = join(folder, 'SUMS');
	await writeFile(path, lines.join('\n'));
	return await readChecksums(path, 'SUMS');
}

describe('a file of checksums', () => {
	it('may be signed: neither the headers nor the signature are lines of it', async ({ folder }) => {
		const find = await read(
			folder,
			'-----BEGIN PGP SIGNED MESSAGE-----',
			'Hash: SHA512',
			'Charset: utf-8',
			'',
			`- ${A}  - a`,
			`${A}  b- c`,
			'-----BEGIN PGP SIGNATURE-----',
			'',
			`${'e'.repeat(64)}  b- c`,
			'-----END PGP SIGNATURE-----',
			`${B}  after`,
		);

		expect(find('- a')).toEqual({ sha256: A });
		expect(find('b- c')).toEqual({ sha256: A });
		expect(find('after')).toEqual({ sha512: B });
	});

	it('has names as they are, unless a backslash says that they are escaped', async ({ folder }) => {
		const find = await read(
			folder,
			`${A}  a\\nb`,
			`\\${B}  a\\nb\\rc\\\\d`,
			`\\SHA256 (x\\n) = ${A}`,
		);

		expect(find('a\\nb')).toEqual({ sha256: A });
		expect(find('a\nb\rc\\d')).toEqual({ sha512: B });
		expect(find('x\n')).toEqual({ sha256: A });
	});

	it.for([
		`${A}  a`,
		`${A} *a`,
		`${A} a`,
		`${A}\ta`,
		`${A}\t*a`,
		`  ${A}  a`,
		`\t\\${A}  a`,
		`SHA256 (a) = ${A}`,
		`SHA256 (a)=${A}`,
		` SHA256 (a) \t= \t${A}`,
		`sha256(a)= ${A.toUpperCase()}`,
		`SHA2-256(a)= ${A}`,
		`${A}  a\r`,
	])('may have a line such as %j, as sha256sum -c takes it', async (line, { folder }) => {
		const others = [` ${'a'.repeat(32)}  a`, `MD5 (a)=${'a'.repeat(32)}`, `SHA512 (a) = ${B}`];

		const find = await read(folder, ...others, line);

		expect(find('a')).toEqual({ sha256: A, sha512: B });
	});

	it('is asked by path, or by name; nothing is found for another', async ({ folder }) => {
		const find = await read(folder, '# comment', '', `${A.toUpperCase()} *././x/a`, `${B}\ty./b  `);

		expect([find('x/a'), find('a'), find('z/a')]).toEqual([
			{ sha256: A },
			{ sha256: A },
			{ sha256: A },
		]);
		expect(find('y./b')).toEqual({ sha512: B });
		expect(find('c')).toStrictEqual({});
	});

	it('has a name of several paths for none of them alone, and drops only what begins a path', async ({
		folder,
	}) => {
		const find = await read(
			folder,
			`${A}  ./././x/a`,
			`${A}  x/./b`,
			`${B}  y/a`,
			`${'e'.repeat(64)}  y/b`,
		);

		expect(find('x/a')).toEqual({ sha256: A, sha512: B });
		expect(find('x/./b')).toEqual({ sha256: A });
		expect([find('x/b'), find('b')]).toStrictEqual([{}, {}]);
	});

	it('may be empty, or have a line twice in any case', async ({ folder }) => {
		expect((await read(folder, ''))('a')).toStrictEqual({});
		expect((await read(folder, `${A}  a`, `${A.toUpperCase()}  ./a`))('a')).toEqual({ sha256: A });
	});

	it.for([
		[
			'another digest of a path',
			[`${A}  a`, `${'e'.repeat(64)}  a`],
			'SUMS:2: found another SHA-256 of "a"',
		],
		['a line that is none', ['x # y'], 'SUMS:1: found "x # y"; allowed: 64, 96 or 128'],
		[
			'other algorithms alone',
			['', `${'a'.repeat(32)}  a`, `${'a'.repeat(40)}  b`],
			'SUMS:2: found digests of another',
		],
		['a line of a signed text without signature', [`- ${A}  a`], `SUMS:1: found "- ${A}  a"`],
		[
			'a line that is too long',
			[`${A}  a`, 'x'.repeat(65_537)],
			'SUMS:2: found a line of more than',
		],
		['a length of another algorithm', [`SHA256 (a) = ${B}`], 'SUMS:1: found "SHA256 (a)'],
	] as const)('with %s is refused', async ([, lines, message], { folder }) => {
		await expect(read(folder, ...lines)).rejects.toThrow(message);
	});

	it('that is not UTF-8 is refused with the line', async ({ folder }) => {
		const path = join(folder, 'SUMS');
		await writeFile(path, Buffer.from(`${A}  a\n${A}  \xff\n`, 'latin1'));

		await expect(readChecksums(path, 'SUMS')).rejects.toThrow(
			'SUMS:2: found bytes that are not UTF-8',
		);
	});
});
