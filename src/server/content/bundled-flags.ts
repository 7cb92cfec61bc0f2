import { createHash, hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { FLAGS } from '../../scenarios/served-files.ts';
import { type PlainRequest, type PreparedResponse, textResponse } from '../response.ts';
import { type ContentSource, fileInMemory, type ServedFile } from './content-source.ts';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

const KNOWN = new Set(FLAGS.paths);

/** The flags that come with flagdl, each read on first request and then cached. */
export class BundledFlags implements ContentSource {
	readonly files = FLAGS;
	readonly #cache = new Map<string, ServedFile>();

	/** Exact lookup: no part of a request ever reaches a file system path. */
	find(path: string): ServedFile | undefined {
		const cached = this.#cache.get(path);
		if (cached !== undefined || !KNOWN.has(path)) {
			return cached;
		}
		// Synchronous: reading a few kilobytes once per file is cheaper than the thread pool.
		const file = fileInMemory(path, readFileSync(fixture(path)));
		this.#cache.set(path, file);
		return file;
	}

	answer(request: PlainRequest): Promise<PreparedResponse> | PreparedResponse {
		return ROUTES.get(request.path)?.().then((route) => route(request)) ?? NOT_FOUND;
	}
}

/** A 404 page that lists the routes. */
const NOT_FOUND: PreparedResponse = textResponse(
	404,
	`<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Not found</title>
<p>Not found. What there is:
<ul>
<li><a href="/">/</a>: browse and search
<li><a href="/flags/br/br.gif">/flags/br/br.gif</a>: a flag
<li><a href="/flags/br/metadata.json">/flags/br/metadata.json</a>: what is known of it
<li><a href="/countries?q=island">/countries?q=island</a>: search, as JSON
</ul>
`,
	{ 'content-type': 'text/html; charset=utf-8' },
);

type Route = (request: PlainRequest) => PreparedResponse;

/** By path. Search is loaded on first request, since `flagdl get` never uses it. */
const ROUTES: ReadonlyMap<string, () => Promise<Route>> = new Map([
	['/countries', async () => (await import('./country-search.ts')).countriesResponse],
	['/', async () => browseResponse],
]);

/** @param path - A path that the server has. */
export function flagBytes(path: string): number {
	return statSync(fixture(path)).size;
}

/** @param path - A path that the server has. @returns SHA-256, lower-case hexadecimal. */
export function flagSha256(path: string): string {
	return hash('sha256', readFileSync(fixture(path)), 'hex');
}

function fixture(path: string): URL {
	return new URL(path.slice(1), FIXTURES);
}

let pageCache: PreparedResponse | undefined;

/** `GET /`: the page to search and browse the flags; the same for every query. */
function browseResponse(): PreparedResponse {
	pageCache ??= htmlResponse(read('page.html'), read('style.css'), read('script.js'));
	return pageCache;
}

function htmlResponse(page: string, style: string, script: string): PreparedResponse {
	const html = page
		.replace('<style></style>', () => `<style>${style}</style>`)
		.replace('<script type="module"></script>', () => `<script type="module">${script}</script>`);
	return textResponse(200, html, {
		'content-type': 'text/html; charset=utf-8',
		// Allows only the page's own script and style, by hash, and connections to this server.
		'content-security-policy': [
			"default-src 'none'",
			`script-src '${sha256(script)}'`,
			`style-src '${sha256(style)}'`,
			"img-src 'self' data:",
			"connect-src 'self'",
			"form-action 'self'",
			"base-uri 'none'",
			"frame-ancestors 'none'",
		].join('; '),
		'referrer-policy': 'no-referrer',
		'x-content-type-options': 'nosniff',
	});
}

function read(name: string): string {
	return readFileSync(new URL(`../../../fixtures/browse/${name}`, import.meta.url), 'utf8');
}

function sha256(text: string): string {
	return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
