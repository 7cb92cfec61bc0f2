import { type Answer, jsonAnswer } from './answer.ts';
import type { Country } from './countries-data.ts';
import { countriesLinks } from './countries-links.ts';
import {
	BadParameter,
	type CountriesQuery,
	countriesPage,
	parseCountriesQuery,
} from './countries-page.ts';
import type { PlainRequest } from './plain-route.ts';

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
