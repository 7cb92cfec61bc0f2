// `Date.parse` alone is too willing: it reads `-1` as a day in 2001.
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads the form of date that senders must use.
 *
 * @returns Milliseconds since the Unix epoch; undefined for any other text.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 | RFC 9110, section 5.6.7}
 */
export function parseHttpDate(text: string): number | undefined {
	const atMs = IMF_FIXDATE.test(text) ? Date.parse(text) : Number.NaN;
	return Number.isNaN(atMs) ? undefined : atMs;
}

// Of RFC 850, with two digits for the year, and of asctime; dates without a comma or with a zone, as servers send them.
const OTHER_FORMS =
	/^(?:(?:[a-z]{3,9}, ?)?\d{1,2}[ -][a-z]{3}[ -](?:\d{4}|\d\d) \d\d:\d\d:\d\d(?: (?:GMT|UTC|[+-]\d{4}))?|[a-z]{3} [a-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4})$/i;
const HAS_ZONE = / (?:GMT|UTC|[+-]\d{4})$/i;

/**
 * Reads `Last-Modified` for the time of a file, in all the forms that recipients must accept, and as
 * willing as `curl -R`.
 *
 * @returns Milliseconds since the Unix epoch; undefined for any other text, and for what is before it.
 */
export function parseLastModified(text: string): number | undefined {
	if (!OTHER_FORMS.test(text)) {
		return undefined;
	}
	const atMs = Date.parse(HAS_ZONE.test(text) ? text : `${text} GMT`);
	return atMs >= 0 ? atMs : undefined;
}

/** The time of a file, in milliseconds since the Unix epoch, if it is to be that of the server. */
export function modifiedTime(
	lastModified: string | undefined,
	{ remoteTime }: { readonly remoteTime: boolean },
): number | undefined {
	return remoteTime && lastModified !== undefined ? parseLastModified(lastModified) : undefined;
}

const WHOLE_SECONDS = /^\d+$/;

/**
 * Reads how long a server asks a client to wait.
 *
 * @param header - Value of `Retry-After`: whole seconds, or an HTTP date (IMF-fixdate).
 * @param nowMs - The present, in milliseconds since the Unix epoch. An argument, so that a test
 *   needs no fake clock.
 * @returns The wait in milliseconds, never negative; `undefined` when `header` has neither form,
 *   and the caller then uses its own back-off.
 *
 * Does not throw: a malformed header is the server's fault and must not fail a download.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110, section 10.2.3}
 */
export function parseRetryAfter(header: string, nowMs: number): number | undefined {
	if (WHOLE_SECONDS.test(header)) {
		return Number(header) * 1000;
	}
	const atMs = parseHttpDate(header);
	return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}
