import { createHash } from 'node:crypto';
import { type Answer, textAnswer } from './answer.ts';
import { browsePage } from './browse-page.ts';
import { BROWSE_SCRIPT } from './browse-script.ts';
import { BROWSE_STYLE } from './browse-style.ts';
import type { PlainRequest } from './plain-route.ts';

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
