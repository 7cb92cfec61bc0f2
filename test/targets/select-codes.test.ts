import { describe, expect, it } from 'vitest';
import { POPULOUS_CODES } from '../../src/targets/countries.ts';
import { selectCodes } from '../../src/targets/select-codes.ts';
import { UsageError } from '../../src/util/errors.ts';

describe('selectCodes', () => {
	it('takes the 20 most populous, in the order of the book, when nothing is asked for', () => {
		expect(selectCodes({ codes: [] })).toEqual(POPULOUS_CODES);
	});

	it('takes any case, in the order given, each once', () => {
		expect(selectCodes({ codes: ['us', 'BR', 'Us', 'cn'] })).toEqual(['US', 'BR', 'CN']);
	});

	it('takes for a letter the countries that begin with it, alphabetically', () => {
		expect(selectCodes({ codes: ['us', 'q', 'u'] })).toEqual([
			'US',
			'QA',
			'UA',
			'UG',
			'UM',
			'UY',
			'UZ',
		]);
	});

	it('leaves a pair of letters that is no country to the server', () => {
		expect(selectCodes({ codes: ['xx'] })).toEqual(['XX']);
	});

	it.each([
		['all', { codes: [], all: true }, 249, 'AD', 'ZW'],
		['every', { codes: [], every: true }, 676, 'AA', 'ZZ'],
		['limited', { codes: [], all: true, limit: 194 }, 194, 'AD', undefined],
		['a limit on the default', { codes: [], limit: 3 }, 3, 'CN', 'US'],
	])('takes %s', (_, selection, count, first, last) => {
		const codes = selectCodes(selection);

		expect(codes).toHaveLength(count);
		expect(codes[0]).toBe(first);
		if (last !== undefined) {
			expect(codes.at(-1)).toBe(last);
		}
	});

	it('says what was probably meant', () => {
		const allowed =
			'allowed: two letters A to Z (br), one for all countries that begin with it (b), or a URL';
		const messageOf = (typed: string) => {
			try {
				return selectCodes({ codes: [typed] }, 'a URL').join();
			} catch (error) {
				return (error as Error).message;
			}
		};

		expect(messageOf('brazil')).toBe(`found "brazil" (its code is br); ${allowed}`);
		expect(messageOf('Brasil')).toBe(`found "Brasil"; ${allowed}; did you mean br (Brazil)?`);
		expect(messageOf('example.org/a.gif')).toMatch(/did you mean http:\/\/example.org\/a.gif\?$/);
		expect(messageOf('url="http://a/x?to=http://me:S3CRET@b/"')).not.toContain('S3CRET');
		expect(messageOf('xxxxxxxxxxxxxxxx')).toBe(`found "xxxxxxxxxxxxxxxx"; ${allowed}`);
		expect(() => selectCodes({ codes: ['xyz'] })).toThrow(
			/: two letters A to Z \(br\), or one for all countries that begin with it \(b\)$/,
		);
	});

	it.each([
		[{ codes: ['br', 'b'], every: true }, 'br b and --every contradict each other; give codes,'],
		[{ codes: ['br'], all: true }, 'br and --all contradict each other'],
		[{ codes: [], all: true, every: true }, '--all and --every contradict each other'],
		[{ codes: ['brazil'] }, 'found "brazil" (its code is br); allowed: two letters'],
		[{ codes: ['ß'] }, 'found "ß"'],
		[{ codes: ['\u212a'] }, 'found "\u212a"'],
		[{ codes: [''] }, 'found ""'],
		[{ codes: ['x'] }, "no country's code begins with X"],
	])('refuses %j', (selection, message) => {
		expect(() => selectCodes(selection)).toThrow(UsageError);
		expect(() => selectCodes(selection)).toThrow(message);
	});
});
