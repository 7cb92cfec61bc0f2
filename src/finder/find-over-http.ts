import { Pool } from 'undici';
import { fetchPage } from './fetch-page.ts';
import { FinderError } from './finder-error.ts';
import { FINDER_TIMEOUTS, type FinderTimeouts, type FoundCountries } from './found-country.ts';
import { nextPage } from './link-header.ts';

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
	timeouts: FinderTimeouts = FINDER_TIMEOUTS,
): FoundCountries {
	const pool = new Pool(server.origin, {
		connect: { timeout: timeouts.connectTimeoutMs },
		headersTimeout: timeouts.stallTimeMs,
		bodyTimeout: timeouts.stallTimeMs,
	});
	const seen = new Set<string>();
	const limit = AbortSignal.timeout(timeouts.totalTimeMs);
	const either = AbortSignal.any([signal, limit]);
	let url: URL | undefined = firstPage(server, query);

	try {
		while (url !== undefined) {
			admit(url, server, seen);
			const { countries, link } = await fetchPage(url, pool, either);
			yield countries;
			url = nextPage(link, url);
		}
	} catch (error) {
		signal.throwIfAborted();
		throw limit.aborted
			? new FinderError(
					`${server.origin} did not answer in full within ${timeouts.totalTimeMs / 1000} s`,
				)
			: error;
	} finally {
		await pool.destroy();
	}
}

function firstPage(server: URL, query: string): URL {
	const url = new URL(server);
	url.pathname = `${url.pathname.replace(/\/(flags\/?)?$/, '')}/countries`;
	url.search = new URLSearchParams({ q: query }).toString();
	url.hash = '';
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
