import { createHash, hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { FLAGS } from '../../scenarios/served-files.ts';
import { type Answer, type PlainRequest, type PlainRoute, textAnswer } from '../response.ts';
import { type ContentSource, fileInMemory, type ServedFile } from './content-source.ts';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

const KNOWN = new Set(FLAGS.paths);

/** The flags that come with flagdl, each read when first asked for and kept from then on. */
export class BundledFlags implements ContentSource {
	readonly files = FLAGS;
	readonly #read = new Map<string, ServedFile>();

	/** Compared letter by letter: nothing from outside is ever joined to a path of the file system. */
	find(path: string): ServedFile | undefined {
		const known = this.#read.get(path);
		if (known !== undefined || !KNOWN.has(path)) {
			return known;
		}
		// Synchronous: some kilobytes, once for each file, cost less than handing them over.
		const file = fileInMemory(path, readFileSync(fixture(path)));
		this.#read.set(path, file);
		return file;
	}

	answer(request: PlainRequest): Promise<Answer | undefined> | Answer {
		return ROUTES.get(request.path)?.().then((route) => route(request)) ?? NOT_FOUND;
	}
}

/** Shows the way to what there is. */
const NOT_FOUND: Answer = textAnswer(
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

/** By path; search is loaded when first asked for, as a run of `flagdl get` never asks. */
const ROUTES: ReadonlyMap<string, () => Promise<PlainRoute>> = new Map([
	['/countries', async () => (await import('./country-search.ts')).answerCountries],
	['/', async () => answerBrowse],
]);

/** @param path - One that the server has. */
export function flagBytes(path: string): number {
	return statSync(fixture(path)).size;
}

/** @param path - One that the server has. @returns SHA-256, lower-case hexadecimal. */
export function flagSha256(path: string): string {
	return hash('sha256', readFileSync(fixture(path)), 'hex');
}

function fixture(path: string): URL {
	return new URL(path.slice(1), FIXTURES);
}

let answer: Answer | undefined;

/** `GET /`: the page to search and browse the flags. Whatever the query, the page is the same. */
function answerBrowse({ path }: PlainRequest): Answer | undefined {
	if (path !== '/') {
		return undefined;
	}
	answer ??= pageAnswer(read('page.html'), read('style.css'), read('script.js'));
	return answer;
}

function pageAnswer(page: string, style: string, script: string): Answer {
	const html = page
		.replace('<style></style>', () => `<style>${style}</style>`)
		.replace('<script type="module"></script>', () => `<script type="module">${script}</script>`);
	return textAnswer(200, html, {
		'content-type': 'text/html; charset=utf-8',
		// Only the page's own script and style run, known by their hashes; it talks to this server alone.
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
