import { explainInput } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { type Country, searchCountries } from './search.ts';

/** What a client asked of `GET /countries`. */
export interface CountriesQuery {
	readonly q: string;
	/** From 1. */
	readonly page: number;
	/** From 1 to 100. */
	readonly perPage: number;
}

export interface CountriesPage {
	readonly countries: readonly Country[];
	/** Of all pages together. */
	readonly total: number;
	/** Number of the last page; 1 where nothing matches. */
	readonly lastPage: number;
}

/** A parameter that cannot be served; the message names it, what was found and what is allowed. */
export class BadParameter extends Error {
	static {
		Object.defineProperty(BadParameter.prototype, 'name', { value: 'BadParameter' });
	}
}

const MAX_PAGE = 1_000_000;
const DEFAULT_PER_PAGE = 20;
const MAX_PER_PAGE = 100;
const MAX_QUERY_BYTES = 1024;

/** @throws {BadParameter} When a parameter is malformed, out of range or given twice. */
export function parseCountriesQuery(parameters: URLSearchParams): CountriesQuery {
	return {
		q: queryText(only(parameters, 'q') ?? ''),
		page: wholeNumber(parameters, 'page', MAX_PAGE) ?? 1,
		perPage: wholeNumber(parameters, 'per_page', MAX_PER_PAGE) ?? DEFAULT_PER_PAGE,
	};
}

/** A page after the last is empty, and no error: the list may have become shorter meanwhile. */
export function countriesPage({ q, page, perPage }: CountriesQuery): CountriesPage {
	const found = searchCountries(q);
	const start = (page - 1) * perPage;

	return {
		countries: found.slice(start, start + perPage),
		total: found.length,
		lastPage: Math.max(1, Math.ceil(found.length / perPage)),
	};
}

function queryText(q: string): string {
	const bytes = Buffer.byteLength(q);
	if (bytes > MAX_QUERY_BYTES) {
		throw new BadParameter(`q: ${explainInput(`${bytes} bytes`, `${MAX_QUERY_BYTES} at most`)}`);
	}

	// What URLSearchParams makes of bytes that are no UTF-8.
	if (q.includes('\u{FFFD}')) {
		throw new BadParameter(
			`q: ${explainInput('bytes that are not UTF-8', 'UTF-8, percent-encoded')}`,
		);
	}
	return q;
}

function wholeNumber(
	parameters: URLSearchParams,
	name: string,
	greatest: number,
): number | undefined {
	const found = only(parameters, name);
	if (found === undefined) {
		return undefined;
	}

	const value = /^\d{1,7}$/.test(found) ? Number(found) : 0;
	if (value < 1 || value > greatest) {
		const excerpt = quote(found.slice(0, 40));
		throw new BadParameter(
			`${name}: ${explainInput(excerpt, `a whole number from 1 to ${greatest}`)}`,
		);
	}
	return value;
}

function only(parameters: URLSearchParams, name: string): string | undefined {
	const values = parameters.getAll(name);
	if (values.length > 1) {
		throw new BadParameter(explainInput(`${name} ${values.length} times`, 'once'));
	}
	return values[0];
}
