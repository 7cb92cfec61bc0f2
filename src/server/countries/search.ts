import { readFileSync } from 'node:fs';

/** One entry of `fixtures/countries.json`, in the words of its metadata file. */
export interface Country {
	readonly country: string;
	/** ISO 3166-1 alpha-2, upper case. */
	readonly iso_cc: string;
	/** Top-level domain with its dot. */
	readonly tld_cc: string;
	/** `null` where there is none: Antarctica. */
	readonly capital: string | null;
	readonly continent: string;
	/** From 1; only where it is known. */
	readonly population_rank?: number;
}

let loaded: readonly Country[] | undefined;

interface Entry {
	readonly country: Country;
	readonly words: readonly string[];
}

let index: readonly Entry[] | undefined;

/**
 * Countries of which every word of `query` begins a word of the name, the capital or a code,
 * without regard to case and accents, in the order of their codes.
 *
 * A query without any text finds all; one that has text but no word (`!?`) finds none.
 */
export function searchCountries(query: string): readonly Country[] {
	if (query.trim() === '') {
		return countries();
	}

	const sought = [...new Set(wordsOf(query))];
	if (sought.length === 0) {
		return [];
	}

	index ??= countries().map((country) => ({ country, words: searchable(country) }));
	return index
		.filter(({ words }) => sought.every((word) => words.some((one) => one.startsWith(word))))
		.map(({ country }) => country);
}

function searchable({ country, capital, iso_cc, tld_cc }: Country): string[] {
	const text = [country, capital ?? '', iso_cc, tld_cc].join(' ');
	// "Nuku'alofa" is found by its halves, and by "nukualofa", which is how people type it.
	return [...new Set([...wordsOf(text), ...wordsOf(text.replace(APOSTROPHE, ''))])];
}

const APOSTROPHE = /['’ʻʼ]/gu;
const ACCENT = /\p{M}/gu;
const WORD = /[\p{L}\p{N}]+/gu;

// Upper case, for it alone makes one of ß and SS, of ı and i, of ς and σ.
function wordsOf(text: string): string[] {
	const folded = text.replace(APOSTROPHE, ' ').normalize('NFKD').replace(ACCENT, '').toUpperCase();
	return folded.match(WORD) ?? [];
}

/** All 249, in the order of their codes. Read once, when first needed. */
export function countries(): readonly Country[] {
	loaded ??= JSON.parse(
		readFileSync(new URL('../../../fixtures/countries.json', import.meta.url), 'utf8'),
	) as Country[];
	return loaded;
}
