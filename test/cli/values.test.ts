import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseHeader } from '../../src/cli/options/http.ts';
import { parseDuration, parseRate, parseSize, parseWhole } from '../../src/cli/options/values.ts';
import { UsageError } from '../../src/util/errors.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

describe('a time', () => {
	it.each([
		['250ms', 250],
		['10s', 10_000],
		['2m', 120_000],
		['1h', 3_600_000],
		['10', 10_000],
		['0.5', 500],
		['1.5s', 1500],
		['0.2ms', 1],
	])('%s is %d ms', (text, ms) => {
		expect(parseDuration(text)).toBe(ms);
	});

	it.each(['', '0', '0ms', '-1', '10 s', '10sec', 's', '1e3', '٣', '999h', 'Infinity'])(
		'%j is none',
		(text) => {
			expect(() => parseDuration(text)).toThrow(InvalidArgumentError);
		},
	);
});

describe('a size', () => {
	it.each([
		['500', 500],
		['64k', 65_536],
		['1.5MB', 1_500_000],
		['2MiB', 2_097_152],
		['1 GB', 1_000_000_000],
	])('%s is %d bytes', (text, bytes) => {
		expect(parseSize(text)).toBe(bytes);
	});

	it.each(['', '0', '-1', '1X', 'k', '9999999999g'])('%j is none', (text) => {
		expect(() => parseSize(text)).toThrow(InvalidArgumentError);
	});
});

describe('a rate', () => {
	it.each([
		['50/s', 50, 1000],
		['5/15s', 5, 15_000],
		['100/m', 100, 60_000],
		['1/250ms', 1, 250],
	])('%s is %d in %d ms', (text, requests, windowMs) => {
		expect(parseRate(text)).toEqual({ requests, windowMs });
	});

	it.each(['', '50', '0/s', '5/0s', '/s', '5/', '1.5/s'])('%j is none', (text) => {
		expect(() => parseRate(text)).toThrow(InvalidArgumentError);
	});
});

describe('a whole number', () => {
	it.each([
		['1', 1],
		['16', 16],
	])('%s is in range', (text, number) => {
		expect(parseWhole(1, 16)(text)).toBe(number);
	});

	it.each(['0', '17', '1.0', '', '-1', '0x1', '1e1', ' 1'])('%j is not', (text) => {
		expect(() => parseWhole(1, 16)(text)).toThrow('a whole number from 1 to 16');
	});
});

describe('a header field', () => {
	it('has its name in lower case, and the last of a name wins', () => {
		const first = parseHeader('X-Flag: a: b ');

		expect(parseHeader('x-flag:c', parseHeader('Accept-Language:', first))).toEqual({
			'x-flag': 'c',
			'accept-language': '',
		});
	});

	it.each(['', 'no colon', ': value', 'a b: c', 'X: a\r\nY: b', 'X: \u0000', 'X: ☃'])(
		'is not %j',
		(text) => {
			expect(() => parseHeader(text)).toThrow(UsageError);
		},
	);

	it('may stand in a file, a line for each, which no message quotes', async () => {
		const path = join(await temporaryFolder(), 'fields');
		await writeFile(path, 'Authorization: Bearer S3CRET\r\n\nX-Flag: a\n');
		expect(parseHeader(`@${path}`, { cookie: 'c' })).toEqual({
			cookie: 'c',
			authorization: 'Bearer S3CRET',
			'x-flag': 'a',
		});

		await writeFile(path, 'X-Flag: a\nAuthorization Bearer S3CRET\n');
		expect(() => parseHeader(`@${path}`)).toThrow(`--header: ${path}:2: found no header field`);
		expect(() => parseHeader(`@${path}`)).not.toThrow('S3CRET');
		expect(() => parseHeader('@/no/such/file')).toThrow('--header: cannot read /no/such/file');
	});

	it.each(['Range: bytes=0-', 'Transfer-Encoding: chunked', 'If-None-Match: *'])(
		'must not be %s',
		(text) => {
			expect(() => parseHeader(text)).toThrow('which flagdl sets itself');
		},
	);
});
