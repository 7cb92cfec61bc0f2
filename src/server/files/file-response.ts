import type { IncomingHttpHeaders } from 'node:http';
import type { ServedFile } from '../content/content-source.ts';
import type { PreparedResponse } from '../response.ts';

/**
 * The true response for a file: 200, 206, 304 or 416.
 *
 * `Repr-Digest` always covers the whole file, also if only a part or nothing is sent (RFC 9530, section 3.1).
 */
export function fileResponse(
	file: ServedFile,
	method: string,
	headers: IncomingHttpHeaders,
): PreparedResponse {
	const { whole, body } = file;
	if (isNotModified(headers, file)) {
		// A 304 keeps only the fields that do not describe its content.
		const {
			'content-type': _,
			'content-length': __,
			'accept-ranges': ___,
			...same
		} = whole.headers;
		return { status: 304, headers: same };
	}

	const rangeField = headers.range;
	const isWhole = rangeField === undefined || method !== 'GET' || !ifRangeMatches(headers, file);
	const range = isWhole ? undefined : parseByteRange(rangeField, body.length);
	if (range === undefined) {
		return whole;
	}
	if (range === 'unsatisfiable') {
		const refused = { 'content-range': `bytes */${body.length}`, 'content-length': '0' };
		return { status: 416, headers: refused, body: Buffer.alloc(0) };
	}
	const { first, last } = range;
	return {
		status: 206,
		headers: {
			...whole.headers,
			'content-range': `bytes ${first}-${last}/${body.length}`,
			'content-length': String(last - first + 1),
		},
		body: body.subarray(first, last + 1),
	};
}

type Validator = Pick<ServedFile, 'etag' | 'lastModified'>;

/**
 * Whether the client's copy is still valid: 304.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2 | RFC 9110, section 13.2.2}
 */
function isNotModified(headers: IncomingHttpHeaders, validator: Validator): boolean {
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

function ifRangeMatches(headers: IncomingHttpHeaders, validator: Validator): boolean {
	const ifRange = headers['if-range'];
	// Strong, literal comparison (section 13.1.5): a weak tag or another date never matches.
	return ifRange === undefined || ifRange === validator.etag || ifRange === validator.lastModified;
}

// Weak comparison ignores `W/` (section 13.1.2).
function listsEtag(list: string, etag: string): boolean {
	if (list.trim() === '*') {
		return true;
	}
	const tags = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
	return tags.some((tag) => tag.replace(/^W\//, '') === etag);
}

// `Date.parse` alone is too lenient: it reads `-1` as a day in 2001.
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function parseHttpDate(text: string): number | undefined {
	const ms = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
	return Number.isNaN(ms) ? undefined : ms;
}

/** First and last byte, both inclusive, from 0. */
interface ByteRange {
	readonly first: number;
	readonly last: number;
}

const SINGLE_RANGE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/i;

/**
 * Parses a `Range` field with a single range.
 *
 * @returns `undefined` if the field is invalid or has several ranges, and must be ignored;
 *   `'unsatisfiable'` if the range lies outside the content (416).
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2 | RFC 9110, section 14.1.2}
 */
function parseByteRange(
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
