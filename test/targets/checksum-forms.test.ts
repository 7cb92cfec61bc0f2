import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkTargets } from '../../src/targets/check-targets.ts';
import { readChecksums } from '../../src/targets/checksums.ts';
import { directory, list, plan } from './list-of-test.ts';

const SHA = 'a'.repeat(64);

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

	it('are found by names in another normal form, as macOS writes them', async () => {
		const find = await checksums(`${SHA}  a/é.gif\n`.normalize('NFD'));

		expect(find('a/é.gif'.normalize('NFC'))).toEqual({ sha256: SHA });
		expect(find('é.gif'.normalize('NFC'))).toEqual({ sha256: SHA });
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
