import { readFileSync } from 'node:fs';

let namesByCode: ReadonlyMap<string, string> | undefined;

/** The bundled name of a country; the code itself where there is none. */
export function countryName(code: string): string {
	return bundledNames().get(code) ?? code;
}

/** The code of a country, by its bundled name in any case. */
export function codeOfName(name: string): string | undefined {
	const wanted = name.toLowerCase();
	const found = [...bundledNames()].find(([, country]) => country.toLowerCase() === wanted);
	return found?.[0];
}

function bundledNames(): ReadonlyMap<string, string> {
	namesByCode ??= readNames();
	return namesByCode;
}

function readNames(): ReadonlyMap<string, string> {
	const file = new URL('../../fixtures/countries.json', import.meta.url);
	const countries = JSON.parse(readFileSync(file, 'utf8')) as {
		readonly iso_cc: string;
		readonly country: string;
	}[];
	return new Map(countries.map(({ iso_cc, country }) => [iso_cc, country]));
}
