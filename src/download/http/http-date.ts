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
