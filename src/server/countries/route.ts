import { explainInput } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { type Answer, jsonAnswer, type PlainRequest } from '../response.ts';
import { type Country, searchCountries } from './search.ts';

/**
 * `GET /countries?q=&page=&per_page=`: one page of the countries that match, with links to its
 * neighbours, and the total in `total` and `X-Total-Count`. 400 where a parameter is bad.
 */
export function answerCountries({ path, query }: PlainRequest): Answer | undefined {
	if (path !== '/countries') {
		return undefined;
	}

	try {
		return answerPage(parseCountriesQuery(new URLSearchParams(query)));
	} catch (error) {
		if (!(error instanceof BadParameter)) {
			throw error;
		}
		return answerProblem(400, 'Bad Request', error.message);
	}
}

function answerPage(query: CountriesQuery): Answer {
	const found = searchCountries(query.q);
	const total = found.length;
	const lastPage = Math.max(1, Math.ceil(total / query.perPage));
	// A page after the last is empty, and no error: the list may have become shorter meanwhile.
	const start = (query.page - 1) * query.perPage;
	const answer = jsonAnswer(200, {
		q: query.q,
		page: query.page,
		per_page: query.perPage,
		total,
		countries: found.slice(start, start + query.perPage).map(withFlag),
	});
	return withHeaders(answer, {
		link: countriesLinks(query, lastPage),
		'x-total-count': `${total}`,
	});
}

function withFlag(country: Country): Country & { flag: string } {
	const cc = country.iso_cc.toLowerCase();
	return { ...country, flag: `/flags/${cc}/${cc}.gif` };
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9457 | RFC 9457} */
function answerProblem(status: number, title: string, detail: string): Answer {
	const answer = jsonAnswer(status, { type: 'about:blank', title, status, detail });
	return withHeaders(answer, { 'content-type': 'application/problem+json' });
}

function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
	return { ...answer, headers: { ...answer.headers, ...headers } };
}

/**
 * Value of the `Link` header of one page: first, prev, next and last, as far as there are any.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8288 | RFC 8288}
 */
function countriesLinks(query: CountriesQuery, lastPage: number): string {
	const { page } = query;
	const links: [rel: string, page: number][] = [['first', 1]];

	if (page > 1) {
		// From beyond the end, back to where there is something to see.
		links.push(['prev', Math.min(page - 1, lastPage)]);
	}
	if (page < lastPage) {
		links.push(['next', page + 1]);
	}
	links.push(['last', lastPage]);

	return links.map(([rel, to]) => `<${reference(query, to)}>; rel="${rel}"`).join(', ');
}

// Relative to the server, so that the link holds behind whatever name the client knows it by.
function reference({ q, perPage }: CountriesQuery, page: number): string {
	const parameters = new URLSearchParams({ q, page: `${page}`, per_page: `${perPage}` });
	return `/countries?${parameters.toString()}`;
}

/** What a client asked of `GET /countries`. */
interface CountriesQuery {
	readonly q: string;
	/** From 1. */
	readonly page: number;
	/** From 1 to 100. */
	readonly perPage: number;
}

/** A parameter that cannot be served; the message names it, what was found and what is allowed. */
class BadParameter extends Error {
	static {
		Object.defineProperty(BadParameter.prototype, 'name', { value: 'BadParameter' });
	}
}

const MAX_PAGE = 1_000_000;
const DEFAULT_PER_PAGE = 20;
const MAX_PER_PAGE = 100;
const MAX_QUERY_BYTES = 1024;

/** @throws {BadParameter} When a parameter is malformed, out of range or given twice. */
function parseCountriesQuery(parameters: URLSearchParams): CountriesQuery {
	return {
		q: queryText(only(parameters, 'q') ?? ''),
		page: wholeNumber(parameters, 'page', MAX_PAGE) ?? 1,
		perPage: wholeNumber(parameters, 'per_page', MAX_PER_PAGE) ?? DEFAULT_PER_PAGE,
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
