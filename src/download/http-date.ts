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
