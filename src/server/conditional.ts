import type { IncomingHttpHeaders } from 'node:http';

export interface Validator {
	/** Strong, quotes included. */
	readonly etag: string;
	readonly lastModified: string;
}

/**
 * Whether the client's copy is still good: 304.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2 | RFC 9110, section 13.2.2}
 */
export function isNotModified(headers: IncomingHttpHeaders, validator: Validator): boolean {
	const noneMatch = headers['if-none-match'];
	if (noneMatch !== undefined) {
		return listsEtag(noneMatch, validator.etag);
	}

	const since = headers['if-modified-since'];
	if (since === undefined) {
		return false;
	}
	const sinceMs = parseHttpDate(since);
	return sinceMs !== undefined && Date.parse(validator.lastModified) <= sinceMs;
}

/** Whether `If-Range`, where there is one, lets the `Range` count. */
export function rangeMayCount(headers: IncomingHttpHeaders, validator: Validator): boolean {
	const ifRange = headers['if-range'];
	// Compared strongly and literally, as section 13.1.5 has it: a weak tag or another date never counts.
	return ifRange === undefined || ifRange === validator.etag || ifRange === validator.lastModified;
}

// Weak comparison: `W/` makes no difference (section 13.1.2).
function listsEtag(list: string, etag: string): boolean {
	if (list.trim() === '*') {
		return true;
	}
	const tags = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
	return tags.some((tag) => tag.replace(/^W\//, '') === etag);
}

// `Date.parse` alone is too willing: it reads `-1` as a day in 2001.
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function parseHttpDate(text: string): number | undefined {
	const ms = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
	return Number.isNaN(ms) ? undefined : ms;
}
