import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { COUNTRY_CODES, POPULOUS_CODES } from '../../src/targets/countries.ts';

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
