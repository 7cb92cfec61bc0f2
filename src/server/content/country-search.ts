import { readFileSync } from 'node:fs';
import { explainInput } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { jsonResponse, type PlainRequest, type PreparedResponse } from '../response.ts';

/**
 * `GET /countries?q=&page=&per_page=`: one page of the matching countries with pagination links, and
 * the total in `total` and `X-Total-Count`. 400 if a parameter is invalid.
 */
export function countriesResponse({ query }: PlainRequest): PreparedResponse {
	try {
		return pageResponse(parseCountriesQuery(new URLSearchParams(query)));
	} catch (error) {
		if (!(error instanceof BadParameter)) {
			throw error;
		}
		// RFC 9457.
		const problem = {
			type: 'about:blank',
			title: 'Bad Request',
			status: 400,
			detail: error.message,
		};
		return jsonResponse(400, problem, { 'content-type': 'application/problem+json' });
	}
}

function pageResponse(query: CountriesQuery): PreparedResponse {
	const { q, page, perPage } = query;
	const found = searchCountries(q);
	const total = found.length;
	const lastPage = Math.max(1, Math.ceil(total / perPage));
	// A page beyond the last is empty, not an error: the list may have shrunk meanwhile.
	const countries = found.slice((page - 1) * perPage, page * perPage).map((country) => {
		const cc = country.iso_cc.toLowerCase();
		return { ...country, flag: `/flags/${cc}/${cc}.gif` };
	});
	return jsonResponse(
		200,
		{ q, page, per_page: perPage, total, countries },
		{ link: countriesLinks(query, lastPage), 'x-total-count': `${total}` },
	);
}

/**
 * Value of the `Link` header of a page: first, last, and prev and next if they exist.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8288 | RFC 8288}
 */
function countriesLinks({ q, page, perPage }: CountriesQuery, lastPage: number): string {
	const links = {
		first: 1,
		// From beyond the end, back to the last page.
		...(page > 1 && { prev: Math.min(page - 1, lastPage) }),
		...(page < lastPage && { next: page + 1 }),
		last: lastPage,
	};
	return Object.entries(links)
		.map(([rel, to]) => {
			// Relative, so that the link works under any name of the server.
			const parameters = new URLSearchParams({ q, page: `${to}`, per_page: `${perPage}` });
			return `</countries?${parameters.toString()}>; rel="${rel}"`;
		})
		.join(', ');
}

/** Parameters of `GET /countries`. */
interface CountriesQuery {
	readonly q: string;
	/** From 1. */
	readonly page: number;
	/** From 1 to 100. */
	readonly perPage: number;
}

/** An invalid parameter; the message has its name, its value and what is allowed. */
class BadParameter extends Error {
	static {
		Object.defineProperty(BadParameter.prototype, 'name', { value: 'BadParameter' });
	}
}

const MAX_PAGE = 1_000_000;
const DEFAULT_PER_PAGE = '20';
const MAX_PER_PAGE = 100;
const MAX_QUERY_BYTES = 1024;

/** @throws {BadParameter} If a parameter is malformed, out of range or repeated. */
function parseCountriesQuery(parameters: URLSearchParams): CountriesQuery {
	return {
		q: queryText(singleValue(parameters, 'q') ?? ''),
		page: wholeNumber('page', singleValue(parameters, 'page') ?? '1', MAX_PAGE),
		perPage: wholeNumber(
			'per_page',
			singleValue(parameters, 'per_page') ?? DEFAULT_PER_PAGE,
			MAX_PER_PAGE,
		),
	};
}

function queryText(q: string): string {
	const bytes = Buffer.byteLength(q);
	if (bytes > MAX_QUERY_BYTES) {
		throw new BadParameter(`q: ${explainInput(`${bytes} bytes`, `${MAX_QUERY_BYTES} at most`)}`);
	}

	// URLSearchParams decodes invalid UTF-8 to U+FFFD.
	if (q.includes('\u{FFFD}')) {
		const allowed = 'UTF-8, percent-encoded';
		throw new BadParameter(`q: ${explainInput('bytes that are not UTF-8', allowed)}`);
	}
	return q;
}

function wholeNumber(name: string, found: string, greatest: number): number {
	const value = /^\d{1,7}$/.test(found) ? Number(found) : 0;
	if (value < 1 || value > greatest) {
		const allowed = `a whole number from 1 to ${greatest}`;
		throw new BadParameter(`${name}: ${explainInput(quote(found.slice(0, 40)), allowed)}`);
	}
	return value;
}

function singleValue(parameters: URLSearchParams, name: string): string | undefined {
	const values = parameters.getAll(name);
	if (values.length > 1) {
		throw new BadParameter(explainInput(`${name} ${values.length} times`, 'once'));
	}
	return values[0];
}

/** An entry of `fixtures/countries.json`, with the member names of the metadata files. */
export interface Country {
	readonly country: string;
	/** ISO 3166-1 alpha-2, upper case. */
	readonly iso_cc: string;
	/** Top-level domain with its dot. */
	readonly tld_cc: string;
	/** `null` if there is none: Antarctica. */
	readonly capital: string | null;
	readonly continent: string;
	/** From 1; absent if unknown. */
	readonly population_rank?: number;
}

let loaded: readonly Country[] | undefined;

interface Entry {
	readonly country: Country;
	readonly words: readonly string[];
}

let index: readonly Entry[] | undefined;

/**
 * Countries that match every word of `query` as a prefix of a word in their name, capital or code,
 * ignoring case and accents, in the order of their codes.
 *
 * A blank query matches all countries; one with text but without a word (`!?`) matches none.
 */
export function searchCountries(query: string): readonly Country[] {
	if (query.trim() === '') {
		return countries();
	}

	const terms = [...new Set(wordsOf(query))];
	if (terms.length === 0) {
		return [];
	}

	index ??= countries().map((country) => ({ country, words: indexedWords(country) }));
	return index
		.filter(({ words }) => terms.every((word) => words.some((one) => one.startsWith(word))))
		.map(({ country }) => country);
}

function indexedWords({ country, capital, iso_cc, tld_cc }: Country): string[] {
	const text = [country, capital ?? '', iso_cc, tld_cc].join(' ');
	// "Nuku'alofa" is found by its halves, and by "nukualofa".
	return [...new Set([...wordsOf(text), ...wordsOf(text.replace(APOSTROPHE, ''))])];
}

const APOSTROPHE = /['’ʻʼ]/gu;
const ACCENT = /\p{M}/gu;
const WORD = /[\p{L}\p{N}]+/gu;

// Upper case, because only it folds ß and SS, ı and i, ς and σ.
function wordsOf(text: string): string[] {
	const folded = text.replace(APOSTROPHE, ' ').normalize('NFKD').replace(ACCENT, '').toUpperCase();
	return folded.match(WORD) ?? [];
}

/** All 249 countries, in the order of their codes. Read once, on first use. */
export function countries(): readonly Country[] {
	loaded ??= JSON.parse(
		readFileSync(new URL('../../../fixtures/countries.json', import.meta.url), 'utf8'),
	) as Country[];
	return loaded;
}
