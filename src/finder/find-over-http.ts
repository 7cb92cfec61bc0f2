import { type Dispatcher, Pool } from 'undici';
import * as v from 'valibot';
import {
	COUNTRY_CODE,
	FINDER_LIMITS,
	FinderError,
	type FinderLimits,
	type FoundCountries,
	type FoundCountry,
	SearchBounds,
	serverText,
	unreachable,
} from './search.ts';

// Far above any list of countries: stops an endless chain of pages.
const MAX_PAGES = 1_000;

/**
 * Follows `rel="next"` from page to page, and yields each page as it arrives.
 * *Fluent Python*, 18.6: pagination for smarter clients.
 *
 * @param server - Root of the server, or its `/flags`.
 * @throws {FinderError} If a page cannot be fetched or parsed, or links to another server or in a circle.
 * @throws The signal's reason when it aborts.
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
	const eitherSignal = AbortSignal.any([signal, stop.signal]);
	const bounds = new SearchBounds(server.origin, limits);
	const seen = new Set<string>();
	let url: URL | undefined = firstPage(server, query);

	try {
		signal.throwIfAborted();
		while (url !== undefined) {
			checkPage(url, server, seen);
			const page = fetchPage(url, pool, eitherSignal);
			const { countries, link } = await bounds.wait(page, (error) => stop.abort(error));
			bounds.count(countries.length);
			yield countries;
			const next = nextPage(link, url);
			url = next && withoutLogin(next);
		}
	} finally {
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

/** Removes credentials, because messages contain the URLs. */
function withoutLogin(url: URL): URL {
	url.username = '';
	url.password = '';
	return url;
}

function checkPage(url: URL, server: URL, seen: Set<string>): void {
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

interface Page {
	readonly countries: readonly FoundCountry[];
	readonly link: string;
}

/** The used members of a page. `capital` is absent or null if unknown. */
const countryPage = v.object({
	countries: v.array(
		v.object({
			iso_cc: v.pipe(v.string(), v.regex(COUNTRY_CODE)),
			country: v.string(),
			capital: v.optional(v.unknown()),
		}),
	),
});

/** RFC 9457. */
const problemDetails = v.object({ detail: v.string() });

// A page of 100 countries has about 20 kB.
const MAX_PAGE_BYTES = 1 << 20;

/**
 * @throws {FinderError} If the server is unreachable, or its response is not a page.
 * @throws The signal's reason when it aborts.
 */
export async function fetchPage(
	url: URL,
	dispatcher: Dispatcher,
	signal: AbortSignal,
): Promise<Page> {
	try {
		const { statusCode, headers, body } = await dispatcher.request({
			origin: url.origin,
			path: url.pathname + url.search,
			method: 'GET',
			signal,
			headers: { accept: 'application/json, application/problem+json' },
		});
		const content = parseJson(await readText(body));

		if (statusCode !== 200) {
			const problem = v.safeParse(problemDetails, content);
			const reason = problem.success
				? `${statusCode}: ${serverText(problem.output.detail)}`
				: String(statusCode);
			throw new FinderError(`${url.href} answered ${reason}`);
		}
		return {
			countries: countriesOf(content, url),
			link: [headers['link'] ?? []].flat().join(', '),
		};
	} catch (error) {
		signal.throwIfAborted();
		throw error instanceof FinderError ? error : unreachable(url.href, error);
	}

	async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
		const chunks: Buffer[] = [];
		let bytes = 0;

		for await (const chunk of body) {
			bytes += (chunk as Buffer).length;
			if (bytes > MAX_PAGE_BYTES) {
				throw new FinderError(`${url.href} answered with more than ${MAX_PAGE_BYTES} bytes`);
			}
			chunks.push(chunk as Buffer);
		}
		return Buffer.concat(chunks).toString();
	}
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function countriesOf(content: unknown, url: URL): FoundCountry[] {
	const { success, output, issues } = v.safeParse(countryPage, content, { abortEarly: true });
	if (!success) {
		const isOfCountry = (issues[0].path?.length ?? 0) > 1;
		throw new FinderError(
			isOfCountry
				? `${url.href} has a country without a name or a code of two letters`
				: `${url.href} did not answer with a page of countries`,
		);
	}
	return output.countries.map(({ iso_cc, country, capital }) => ({
		code: iso_cc,
		name: country,
		capital: typeof capital === 'string' ? capital : '',
	}));
}

interface Link {
	/** As written; may be relative. */
	readonly target: string;
	/** Relation types, lower case. */
	readonly rels: readonly string[];
	/** Context of the link, if it is not the response itself. */
	readonly anchor?: string;
}

const TARGET = /[\s,]*<([^>]*)>/y;
const NAME = /\s*;\s*([^\s=;,"<>]*)\s*/y;
const TOKEN = /=\s*([^\s;,"]*)/y;
const QUOTED = /=\s*"((?:[^"\\]|\\.)*)"/y;

/**
 * Parses the value of a `Link` field; multiple fields are joined with commas.
 *
 * Handles commas and semicolons in targets and quoted strings. Stops at the first syntax error and
 * returns the links before it. Does not throw.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8288#appendix-B | RFC 8288, appendix B}
 */
export function parseLinkHeader(value: string): Link[] {
	const links: Link[] = [];
	let position = 0;

	for (let target = read(TARGET); target !== undefined; target = read(TARGET)) {
		const parameters = new Map<string, string>();
		for (let name = read(NAME); name !== undefined; name = read(NAME)) {
			const found = read(QUOTED)?.replace(/\\(.)/g, '$1') ?? read(TOKEN) ?? '';
			// The first of repeated parameters counts.
			if (!parameters.has(name.toLowerCase())) {
				parameters.set(name.toLowerCase(), found);
			}
		}

		const anchor = parameters.get('anchor');
		const rels = (parameters.get('rel') ?? '').toLowerCase().split(/\s+/);
		links.push({
			target,
			rels: rels.filter((rel) => rel !== ''),
			...(anchor !== undefined && { anchor }),
		});
	}

	return links;

	function read(pattern: RegExp): string | undefined {
		pattern.lastIndex = position;
		const match = pattern.exec(value);
		if (match === null) {
			return undefined;
		}
		position = pattern.lastIndex;
		return match[1];
	}
}

/** URL of the page after `url`; `undefined` if there is no valid link. */
export function nextPage(linkHeader: string, url: URL): URL | undefined {
	const next = parseLinkHeader(linkHeader).find(
		({ rels, anchor }) => rels.includes('next') && anchor === undefined,
	);
	return next === undefined || !URL.canParse(next.target, url.href)
		? undefined
		: new URL(next.target, url);
}
