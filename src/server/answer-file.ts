import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';
import { parseByteRange } from './byte-range.ts';
import { isNotModified, rangeMayCount } from './conditional.ts';
import { type FlagFile, LAST_MODIFIED, representationHeaders } from './flag-file.ts';

/**
 * The true answer for a file: 200, 206, 304 or 416.
 *
 * `Repr-Digest` is of the whole file in each, also where a part or nothing is sent (RFC 9530, section 3.1).
 */
export function answerFile(file: FlagFile, method: string, headers: IncomingHttpHeaders): Answer {
	const { whole, body } = file;
	const { etag } = file;
	if (isNotModified(headers, { etag, lastModified: LAST_MODIFIED })) {
		return { status: 304, headers: representationHeaders(file) };
	}

	const asked = headers.range;
	if (asked === undefined || method !== 'GET') {
		return whole;
	}
	if (!rangeMayCount(headers, { etag, lastModified: LAST_MODIFIED })) {
		return whole;
	}

	const range = parseByteRange(asked, body.length);
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
