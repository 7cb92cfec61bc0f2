import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';
import { parseByteRange } from './byte-range.ts';
import { isNotModified, rangeMayCount } from './conditional.ts';
import { type FlagFile, LAST_MODIFIED } from './flag-files.ts';

/**
 * The true answer for a file: 200, 206, 304 or 416.
 *
 * `Repr-Digest` is of the whole file in each, also where a part or nothing is sent (RFC 9530, section 3.1).
 */
export function answerFile(file: FlagFile, method: string, headers: IncomingHttpHeaders): Answer {
	const validator = { etag: file.etag, lastModified: LAST_MODIFIED };
	const common = {
		etag: file.etag,
		'last-modified': LAST_MODIFIED,
		// A cache on the way would hide the faults that are planned.
		'cache-control': 'no-cache',
		'repr-digest': file.reprDigest,
	};
	if (isNotModified(headers, validator)) return { status: 304, headers: common };

	const sizeBytes = file.body.length;
	const whole = { ...common, 'accept-ranges': 'bytes', 'content-type': file.contentType };
	const asked = headers.range;
	const range =
		asked !== undefined && method === 'GET' && rangeMayCount(headers, validator)
			? parseByteRange(asked, sizeBytes)
			: undefined;

	if (range === undefined) {
		return {
			status: 200,
			headers: { ...whole, 'content-length': String(sizeBytes) },
			body: file.body,
		};
	}
	if (range === 'unsatisfiable') {
		const refused = { 'content-range': `bytes */${sizeBytes}`, 'content-length': '0' };
		return { status: 416, headers: refused, body: Buffer.alloc(0) };
	}
	const { first, last } = range;
	return {
		status: 206,
		headers: {
			...whole,
			'content-range': `bytes ${first}-${last}/${sizeBytes}`,
			'content-length': String(last - first + 1),
		},
		body: file.body.subarray(first, last + 1),
	};
}
