import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Answer, type PlainRequest, textAnswer } from '../response.ts';

let answer: Answer | undefined;

/** `GET /`: the page to search and browse the flags. Whatever the query, the page is the same. */
export function answerBrowse({ path }: PlainRequest): Answer | undefined {
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
