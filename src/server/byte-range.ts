/** First and last byte, both inclusive, from 0. */
export interface ByteRange {
	readonly first: number;
	readonly last: number;
}

const SINGLE_RANGE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/i;

/**
 * Reads a `Range` of one range.
 *
 * @returns `undefined` where the field has another form or several ranges, and is to be ignored;
 *   `'unsatisfiable'` where it lies outside the content (416).
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2 | RFC 9110, section 14.1.2}
 */
export function parseByteRange(
	header: string,
	sizeBytes: number,
): ByteRange | 'unsatisfiable' | undefined {
	const match = SINGLE_RANGE.exec(header.trim());
	if (match === null) {
		return undefined;
	}

	const [, first, last, suffix] = match;
	if (suffix !== undefined) {
		const bytes = Number(suffix);
		if (bytes === 0 || sizeBytes === 0) {
			return 'unsatisfiable';
		}
		return { first: Math.max(0, sizeBytes - bytes), last: sizeBytes - 1 };
	}

	const range = {
		first: Number(first),
		last: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1),
	};
	if (last !== '' && Number(last) < range.first) {
		return undefined;
	}
	return range.first < sizeBytes ? range : 'unsatisfiable';
}
