import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
	COUNTRY_CODES,
	codeOfName,
	countryName,
	nearestCountry,
	POPULOUS_CODES,
} from '../../src/targets/countries.ts';

it('has the codes of the bundled countries, and no other', async () => {
	const file = new URL('../../fixtures/countries.json', import.meta.url);
	const countries = JSON.parse(await readFile(file, 'utf8')) as { readonly iso_cc: string }[];

	expect(COUNTRY_CODES).toEqual(countries.map(({ iso_cc }) => iso_cc).sort());
	expect(COUNTRY_CODES).toHaveLength(249);
});

it('has 20 populous countries, all of them bundled', () => {
	expect(new Set(POPULOUS_CODES).size).toBe(20);
	expect(COUNTRY_CODES).toEqual(expect.arrayContaining([...POPULOUS_CODES]));
});

it('knows countries by their codes and names, in any case, and what was probably meant', () => {
	expect([countryName('BR'), countryName('XX')]).toEqual(['Brazil', 'XX']);
	expect([codeOfName('bRAZIL'), codeOfName('Brasil')]).toEqual(['BR', undefined]);
	expect(nearestCountry('Brasil')).toEqual({ code: 'BR', name: 'Brazil' });
	expect(nearestCountry('xxxxxxxxxxxxxxxx')).toBeUndefined();
});
