import { createHash } from 'node:crypto';
import { type Answer, type PlainRequest, textAnswer } from '../response.ts';
import { BROWSE_SCRIPT } from './script.ts';
import { BROWSE_STYLE } from './style.ts';

// A template string and no file, for tsc copies no files.
export function browsePage(): string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Flags of the world</title>
<link rel="icon" href="${ICON}">
<style>${BROWSE_STYLE}</style>
</head>
<body>
<header>
	<div class="bar">
		<h1>Flags of the world</h1>
		<form role="search" action="/" method="get">
			<label class="unseen" for="q">Search by country, capital or code</label>
			<svg aria-hidden="true" viewBox="0 0 20 20"><circle cx="8.5" cy="8.5" r="5.5"/><path d="m13 13 4.5 4.5"/></svg>
			<input id="q" name="q" type="search" maxlength="200" placeholder="Country, capital or code" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search" aria-describedby="keys" autofocus>
			<kbd aria-hidden="true">/</kbd>
		</form>
		<p class="unseen" id="keys">Arrow down goes to the flags, arrow keys move among them, a slash comes back here.</p>
	</div>
</header>
<main>
	<p id="status" role="status" aria-live="polite"></p>
	<ul id="flags" aria-label="Flags"></ul>
	<button id="more" type="button" hidden>Show more</button>
	<noscript><p>This page needs its script. The same data are at <a href="/countries">/countries</a>.</p></noscript>
</main>
<footer><p>Served by flagdl. As JSON: <a id="api" href="/countries">/countries</a></p></footer>
<script type="module">${BROWSE_SCRIPT}</script>
</body>
</html>
`;
}

const ICON =
	'data:image/svg+xml,' +
	encodeURIComponent(
		'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#888" d="M2 1h1.5v15H2z"/><path fill="#2f6fed" d="M3.5 2H14l-2.5 3.5L14 9H3.5z"/></svg>',
	);

let answer: Answer | undefined;

/** `GET /`: the page to search and browse the flags. Whatever the query, the page is the same. */
export function answerBrowse({ path }: PlainRequest): Answer | undefined {
	if (path !== '/') {
		return undefined;
	}

	answer ??= textAnswer(200, browsePage(), {
		'content-type': 'text/html; charset=utf-8',
		'content-security-policy': contentSecurityPolicy(),
		'referrer-policy': 'no-referrer',
		'x-content-type-options': 'nosniff',
	});
	return answer;
}

// Only the page's own script and style run, known by their hashes; it talks to this server alone.
function contentSecurityPolicy(): string {
	return [
		"default-src 'none'",
		`script-src '${sha256(BROWSE_SCRIPT)}'`,
		`style-src '${sha256(BROWSE_STYLE)}'`,
		"img-src 'self' data:",
		"connect-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
	].join('; ');
}

function sha256(text: string): string {
	return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
