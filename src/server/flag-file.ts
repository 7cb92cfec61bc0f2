import { createHash } from 'node:crypto';
import { type Answer, fieldsOf } from './answer.ts';

/** One file of the fixtures with all that HTTP says of it. */
export interface FlagFile {
	/** Its only name: `/flags/br/br.gif`. */
	readonly path: string;
	/** Country code, lower case. */
	readonly code: string;
	readonly body: Buffer;
	readonly contentType: string;
	/** Strong validator, quotes included. */
	readonly etag: string;
	/** RFC 9530, of the true bytes. */
	readonly reprDigest: string;
	/** 200, with everything. */
	readonly whole: Answer;
}

// Files have the date of their checkout or of their package; a constant makes runs comparable.
export const LAST_MODIFIED = 'Thu, 01 Jan 2026 00:00:00 GMT';

export function createFlagFile(
	source: Pick<FlagFile, 'path' | 'code' | 'contentType'>,
	body: Buffer,
): FlagFile {
	const hash = createHash('sha256').update(body).digest();
	const etag = `"${hash.toString('hex', 0, 12)}"`;
	const reprDigest = `sha-256=:${hash.toString('base64')}:`;
	const headers = {
		...representationHeaders({ etag, reprDigest }),
		'accept-ranges': 'bytes',
		'content-type': source.contentType,
		'content-length': String(body.length),
	};
	const whole = { status: 200, headers, body };
	return { ...source, body, etag, reprDigest, whole: { ...whole, fields: fieldsOf(whole) } };
}

/** What is the same in every answer for a file, 304 included. */
export function representationHeaders({
	etag,
	reprDigest,
}: Pick<FlagFile, 'etag' | 'reprDigest'>): Record<string, string> {
	return {
		etag,
		'last-modified': LAST_MODIFIED,
		// A cache on the way would hide the faults that are planned.
		'cache-control': 'no-cache',
		'repr-digest': reprDigest,
	};
}
