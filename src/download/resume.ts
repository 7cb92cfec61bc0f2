import type { Part, Version } from './disk/kept-parts.ts';
import type { Head } from './exchange.ts';

/** A `Last-Modified` this much older than `Date` cannot belong to two versions: RFC 9110, 8.8.2.2. */
const STRONG_DATE_MS = 1000;

/**
 * What a part of this response must be known by, to be resumed later.
 *
 * @returns Undefined if the response has no strong validator: then its part is of no use.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 | RFC 9110, section 13.1.5}
 */
export function versionOf({ fields }: Head): Version | undefined {
	const etag = fields.get('etag');
	const lastModified = fields.get('last-modified');
	const validator =
		etag === undefined ? strongDate(lastModified, fields.get('date')) : strong(etag);
	if (validator === undefined) {
		return undefined;
	}
	const length = fields.get('content-length');
	return {
		validator,
		...(etag !== undefined && { etag }),
		...(lastModified !== undefined && { lastModified }),
		...(length !== undefined && /^\d+$/.test(length) && { completeBytes: Number(length) }),
	};
}

function strong(etag: string): string | undefined {
	return /^"[^"]*"$/.test(etag) ? etag : undefined;
}

function strongDate(
	lastModified: string | undefined,
	date: string | undefined,
): string | undefined {
	if (lastModified === undefined || date === undefined) {
		return undefined;
	}
	return Date.parse(date) - Date.parse(lastModified) >= STRONG_DATE_MS ? lastModified : undefined;
}

/**
 * Whether a 206 proves that it goes on where the part ends, in the same version of the file.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.3.7 | RFC 9110, section 15.3.7}
 */
export function isRestOf({ bytes, version }: Part, { fields }: Head): boolean {
	const range = parseContentRange(fields.getAll('content-range'));
	if (range?.startBytes !== bytes) {
		return false;
	}
	const { lastBytes, completeBytes } = range;
	const length = fields.get('content-length');
	const etag = fields.get('etag');
	const lastModified = fields.get('last-modified');
	const isSameLength =
		completeBytes !== undefined &&
		(version.completeBytes === undefined || completeBytes === version.completeBytes);
	return (
		(completeBytes === undefined || (isSameLength && lastBytes === completeBytes - 1)) &&
		(length === undefined || Number(length) === lastBytes - bytes + 1) &&
		etag === version.etag &&
		(lastModified === version.lastModified ||
			(lastModified === undefined && (etag !== undefined || isSameLength)))
	);
}

interface ContentRange {
	readonly startBytes: number;
	readonly lastBytes: number;
	/** Absent: the server does not say. */
	readonly completeBytes?: number;
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-14.4 | RFC 9110, section 14.4} */
function parseContentRange(fields: readonly string[]): ContentRange | undefined {
	const [field = ''] = fields;
	const [, start, last, complete] =
		/^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(field) ?? [];
	if (fields.length !== 1 || start === undefined || Number(last) < Number(start)) {
		return undefined;
	}
	return {
		startBytes: Number(start),
		lastBytes: Number(last),
		...(complete !== '*' && { completeBytes: Number(complete) }),
	};
}
