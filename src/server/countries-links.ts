import type { CountriesQuery } from './countries-page.ts';

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
