import { Pool } from 'undici';
import { fetchPage } from './fetch-page.ts';
import { FinderError } from './finder-error.ts';
import type { FoundCountries } from './found-country.ts';
import { nextPage } from './link-header.ts';
import { FINDER_LIMITS, type FinderLimits, SearchBounds } from './search-bounds.ts';

// Far beyond any list of countries: a server that links on for ever must not keep a client for ever.
const MAX_PAGES = 1_000;

/**
 * Searches page by page, following `rel="next"`, and yields each page as it arrives.
 *
 * @param server - Root of the server, or its `/flags`.
 * @throws {FinderError} When a page cannot be had or read, or links to another server or in a circle.
 * @throws The signal's reason, once it is aborted.
 */
export async function* findOverHttp(
	server: URL,
	query: string,
	signal: AbortSignal,
	limits: FinderLimits = FINDER_LIMITS,
): FoundCountries {
	const pool = new Pool(server.origin, {
		connect: { timeout: limits.connectTimeoutMs },
		headersTimeout: limits.stallTimeMs,
		bodyTimeout: limits.stallTimeMs,
	});
	const stop = new AbortController();
	const abort = () => stop.abort(signal.reason);
	signal.addEventListener('abort', abort, { once: true });
	const bounds = new SearchBounds(server.origin, limits);
	const seen = new Set<string>();
	let url: URL | undefined = firstPage(server, query);

	try {
		signal.throwIfAborted();
		while (url !== undefined) {
			admit(url, server, seen);
			const { countries, link } = await bounds.wait(fetchPage(url, pool, stop.signal), (error) =>
				stop.abort(error),
			);
			bounds.count(countries.length);
			yield countries;
			const next = nextPage(link, url);
			url = next && withoutLogin(next);
		}
	} finally {
		signal.removeEventListener('abort', abort);
		await pool.destroy();
	}
}

function firstPage(server: URL, query: string): URL {
	const url = withoutLogin(new URL(server));
	url.pathname = `${url.pathname.replace(/\/(flags\/?)?$/, '')}/countries`;
	url.search = new URLSearchParams({ q: query }).toString();
	url.hash = '';
	return url;
}

/** Messages name the pages. */
function withoutLogin(url: URL): URL {
	url.username = '';
	url.password = '';
	return url;
}

function admit(url: URL, server: URL, seen: Set<string>): void {
	if (url.origin !== server.origin) {
		throw new FinderError(`${server.origin} links its next page to another server, ${url.origin}`);
	}
	if (seen.has(url.href)) {
		throw new FinderError(`${server.origin} links its pages in a circle, back to ${url.href}`);
	}
	if (seen.size === MAX_PAGES) {
		throw new FinderError(`${server.origin} has more than ${MAX_PAGES} pages`);
	}
	seen.add(url.href);
}
