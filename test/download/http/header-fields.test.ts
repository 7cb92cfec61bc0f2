import { describe, expect, it } from 'vitest';
import { checkFields, HeaderFields } from '../../../src/download/http/header-fields.ts';

const rawOf = (...texts: string[]) => texts.map((text) => Buffer.from(text, 'latin1'));
const fields = (...texts: string[]) => new HeaderFields(rawOf(...texts));

describe('a header field', () => {
	it.each<[name: string, found: string | undefined]>([
		['etag', '"a"'],
		['content-type', 'text/plain'],
		['x-list', 'a, b , c'],
		['x-empty', ''],
		['x-latin', '\xe9'],
		['transfer-encoding', 'gzip, chunked \t'],
		['x-lis', undefined],
		['x-lists', undefined],
		['gate', undefined],
		['x-absent', undefined],
	])('%s is %j', (name, found) => {
		const answer = fields(
			...['X-List', 'a', 'ETAG', '"a"\t ', 'x-list', 'b ', 'Content-Type', 'text/plain'],
			...['X-Empty', '', 'X-LIST', 'c\t', 'Content-Type', 'image/gif', 'X-Latin', '\xe9  '],
			...['Transfer-Encoding', 'gzip', 'Transfer-Encoding', 'chunked \t', 'ETag', '"b"'],
		);

		expect(answer.get(name)).toBe(found);
	});

	it('keeps white space within its value', () => {
		expect(fields('A', 'b  c\td \t').get('a')).toBe('b  c\td');
		expect(fields('A', ' \t').get('a')).toBe('');
	});

	it.each(['content-length', 'content-range', 'last-modified', 'location', 'retry-after'])(
		'%s has one value: the first',
		(name) => {
			expect(fields(name, '1 ', name, '2').get(name)).toBe('1');
		},
	);

	it('may be there several times', () => {
		const answer = fields('Set-Cookie', 'a=1', 'X', 'b', 'set-cookie', 'c=2 ', 'Y', 'd');

		expect(answer.getAll('set-cookie')).toEqual(['a=1', 'c=2 ']);
		expect(answer.getAll('y')).toEqual(['d']);
		expect(answer.getAll('z')).toEqual([]);
	});

	it('without a value is empty', () => {
		expect(fields('A').get('a')).toBe('');
		expect(fields('A').getAll('a')).toEqual(['']);
	});
});

describe('what the parser lets pass', () => {
	it.each<[raw: string[], message: string]>([
		[['X', 'a', 'Name ', 'b'], 'not HTTP: a space before a colon: "Name " (RFC 9112, section 5.1)'],
		[
			['X', 'a', 'N\xe4\t', 'b'],
			'not HTTP: a space before a colon: "N\xe4\\t" (RFC 9112, section 5.1)',
		],
		[['X', 'a', 'Name', 'b\0c'], 'not HTTP: a NUL in the field "Name" (RFC 9110, section 5.5)'],
		[['N\xe4me', '\0'], 'not HTTP: a NUL in the field "N\xe4me" (RFC 9110, section 5.5)'],
	])('is refused: %j', (raw, message) => {
		expect(() => checkFields(rawOf(...raw))).toThrow(message);
	});

	it.each([
		[[]],
		[['', '']],
		[
			['A b', 'c '],
			['A', ''],
		],
		[['A']],
	])('is taken: %j', (...raw) => {
		expect(() => checkFields(rawOf(...raw.flat()))).not.toThrow();
	});
});
