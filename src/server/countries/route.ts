import { type Answer, jsonAnswer, type PlainRequest } from '../response.ts';
import { BadParameter, type CountriesQuery, countriesPage, parseCountriesQuery } from './page.ts';
import type { Country } from './search.ts';

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
	const { countries, total, lastPage } = countriesPage(query);

	const answer = jsonAnswer(200, {
		q: query.q,
		page: query.page,
		per_page: query.perPage,
		total,
		countries: countries.map(withFlag),
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
export function countriesLinks(query: CountriesQuery, lastPage: number): string {
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
