import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countries, searchCountries } from '../../../src/server/content/country-search.ts';

const ISLANDS = 'AX BV CC CK CX FK FO GS HM KY MH MP NF SB TC UM VG VI'.split(' ');

describe('searchCountries', () => {
	it('takes a word for the beginning of a word: Cayman Islands, but not the Isle of Man', () => {
		expect(codes('island')).toEqual(ISLANDS);
	});

	it.each([
		['a name', 'brazil', ['BR']],
		['a capital', 'brasilia', ['BR']],
		['a code', 'kz', ['KZ']],
		['a top-level domain that is no ISO code', 'uk', ['GB', 'UA']],
		['a word in the middle of a name', 'mcdonald', ['HM']],
		['words of name and capital, in any order', 'dili timor', ['TL']],
		['accents that the query has not', 'curacao', ['CW']],
		['accents that only the query has', 'Ōtawa', []],
		['accents that only the query has, in the right place', 'Öttäwa', ['CA']],
		['accents as characters of their own', 'Bogota\u0301', ['CO']],
		['upper case', 'TÜRKIYE', ['TR']],
		['the dotless i', 'TÜRKıYE', ['TR']],
		['an apostrophe left out', 'ndjamena', ['TD']],
		['an apostrophe of another kind', 'Nuku’alofa', ['TO']],
		['a letter for an apostrophe left out', 'nukualofa', ['TO']],
		['hyphens', 'port-au-prince', ['HT']],
		['brackets', '(keeling)', ['CC']],
		['every word of the query', 'island brazil', []],
		['the end of a word', 'stan', ['FK']],
	])('finds %s: %j', (_, query, expected) => {
		expect(codes(query)).toEqual(expected);
	});

	it('finds all for a query without text, and none for one without words', () => {
		expect(codes('  \t')).toHaveLength(249);
		expect(codes('?!')).toEqual([]);
		expect(codes('"><script>')).toEqual([]);
	});

	it('finds every country by any beginning of any word of its name', () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...countries()),
				fc.nat(),
				fc.integer({ min: 1, max: 20 }),
				({ country, iso_cc }, place, length) => {
					const words = country.match(/\p{L}+/gu) ?? [];
					const word = words[place % words.length] ?? '';
					expect(codes(word.slice(0, length).toLowerCase())).toContain(iso_cc);
				},
			),
		);
	});
});

function codes(query: string): string[] {
	return searchCountries(query).map(({ iso_cc }) => iso_cc);
}
