import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readCookies } from '../../../src/cli/identity/cookies-file.ts';
import { it } from '../../helpers/fixtures.ts';

const NOW_MS = 1_800_000_000_000;
const COOKIE = {
	name: 'a',
	value: '1',
	domain: 'h.org',
	path: '/',
	includeSubdomains: false,
	secure: false,
};

async function read(folder: string, text: string) {
	await writeFile(join(folder, 'cookies.txt'), text);
	return readCookies('cookies.txt', folder, NOW_MS);
}

describe('a file of cookies', () => {
	it.for<[what: string, text: string, cookies: readonly object[]]>([
		['nothing', '', []],
		['comments alone', '# Netscape HTTP Cookie File\n\n  \n#h.org\tFALSE\t/\tFALSE\t0\ta\t1', []],
		['one', 'h.org\tFALSE\t/\tFALSE\t0\ta\t1', [COOKIE]],
		['lines of Windows and a mark of order', '\ufeffh.org\tFALSE\t/\tFALSE\t0\ta\t1\r\n', [COOKIE]],
		[
			'a dot before the domain',
			'.H.org\tTRUE\t/\tTRUE\t0\ta\t1',
			[{ ...COOKIE, includeSubdomains: true, secure: true }],
		],
		['#HttpOnly_', '#HttpOnly_h.org\tFALSE\t/\tFALSE\t0\ta\t1', [COOKIE]],
		[
			'a time to come',
			'h.org\tfalse\t/\tfalse\t1800000001\ta\t1',
			[{ ...COOKIE, expiresMs: 1_800_000_001_000 }],
		],
		[
			'a time with a fraction',
			'h.org\tFALSE\t/\tFALSE\t1800000001.5\ta\t1',
			[{ ...COOKIE, expiresMs: 1_800_000_001_500 }],
		],
		[
			'the end of time',
			'h.org\tFALSE\t/\tFALSE\t9223372036854775\ta\t1',
			[{ ...COOKIE, expiresMs: 8_640_000_000_000_000 }],
		],
		['what has expired', 'h.org\tFALSE\t/\tFALSE\t1800000000\ta\t1', []],
		['what expired before 1970', 'h.org\tFALSE\t/\tFALSE\t-1\ta\t1', []],
		['no value', 'h.org\tFALSE\t/\tFALSE\t0\ta', [{ ...COOKIE, value: '' }]],
		['a value of UTF-8', 'h.org\tFALSE\t/\tFALSE\t0\ta\té=', [{ ...COOKIE, value: 'Ã©=' }]],
	])('with %s', async ([, text, cookies], { folder }) => {
		expect(await read(folder, text)).toEqual(cookies);
	});

	it('has all its problems told at once, without what is in it', async ({ folder }) => {
		const lines = [
			'h.org FALSE / FALSE 0 S3CRET S3CRET',
			'S3C RET\tFALSE\t/\tFALSE\t0\ta\t1',
			'h.org\tS3CRET\t/\tFALSE\t0\ta\t1',
			'h.org\tFALSE\tS3CRET\tFALSE\t0\ta\t1',
			'h.org\tFALSE\t/\tFALSE\tS3CRET\ta\t1',
			'h.org\tFALSE\t/\tFALSE\t0\t\tS3CRET',
			'h.org\tFALSE\t/\tFALSE\t0\ta\tS3CRET; b=2',
			'h.org\tFALSE\t/\tFALSE\t0\ta\tS3CRET\u0001',
			`h.org\tFALSE\t/\tFALSE\t0\ta\t${'S3CRET'.repeat(700)}`,
			'h.org\tFALSE\t/\tFALSE\t0\tgood\t1',
		];
		const error: unknown = await read(folder, lines.join('\n')).catch((thrown: unknown) => thrown);

		const { message } = error as Error;
		expect(message).not.toContain('S3CRET');
		expect(message.split('\n')).toEqual([
			'--cookies: cookies.txt:1: found 1 field; allowed: 7 with a TAB between them: domain, TRUE or FALSE, path, TRUE or FALSE, expiry, name, value',
			'--cookies: cookies.txt:2: found no domain in field 1; allowed: a host name such as example.org',
			'--cookies: cookies.txt:3: found another word in field 2 or 4; allowed: TRUE or FALSE',
			'--cookies: cookies.txt:4: found no path in field 3; allowed: one that begins with /',
			'--cookies: cookies.txt:5: found no time in field 5; allowed: seconds since 1970; 0 for a cookie of the session',
			'--cookies: cookies.txt:6: found no name in field 6; allowed: the name of a cookie',
			'--cookies: cookies.txt:7: found U+003B in name or value; allowed: characters that a cookie can have',
			'--cookies: cookies.txt:8: found U+0001 in name or value; allowed: characters that a cookie can have',
			'--cookies: cookies.txt:9: found more than 4096 bytes of name and value; allowed: 4096',
		]);
	});

	it('that is missing, or JSON, is refused', async ({ folder }) => {
		expect(() => readCookies('none.txt', folder)).toThrow(
			'--cookies: cannot read none.txt: no such file or directory',
		);
		await expect(read(folder, ' [{"name": "S3CRET"}]')).rejects.toThrow(
			"--cookies: found JSON in cookies.txt; allowed: Netscape's format (cookies.txt), which exporters of cookies have, too",
		);
	});

	it('may have a hundred thousand lines', async ({ folder }) => {
		const text = 'h.org\tFALSE\t/\tFALSE\t0\ta\t1\n'.repeat(100_000);
		expect(await read(folder, text)).toHaveLength(100_000);
	});
});
