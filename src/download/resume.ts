import type { Target } from '../targets/target.ts';
import { parseReprDigest } from './content/content.ts';
import type { Part, Version } from './disk/kept-parts.ts';
import { DownloadError, PartRefused } from './errors.ts';
import type { HeaderFields } from './http/header-fields.ts';
import { type HttpResponse, parseHttpDate } from './http/response.ts';

const NOT_ASKED = '304 Not Modified, though nothing was asked to be compared';

/** A `Last-Modified` this much older than `Date` cannot belong to two versions: RFC 9110, 8.8.2.2. */
const STRONG_DATE_MS = 1000;

/**
 * What a part of this response must be known by, to be resumed later.
 *
 * @returns Undefined if the response has no strong validator: then its part is of no use.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 | RFC 9110, section 13.1.5}
 */
export function versionOf({ url, fields }: HttpResponse): Version | undefined {
	const etags = fields.getAll('etag');
	const lastModified = fields.get('last-modified');
	const validator = etags.length === 0 ? strongDate(lastModified, fields) : strongTag(etags);
	if (validator === undefined) {
		return undefined;
	}
	const length = fields.get('content-length');
	const contentEncoding = fields.get('content-encoding');
	const reprDigest = fields.get('repr-digest');
	return {
		servedUrl: url,
		validator,
		...(etags.length > 0 && { etag: validator }),
		...(lastModified !== undefined && { lastModified }),
		...(length !== undefined && /^\d+$/.test(length) && { completeBytes: Number(length) }),
		...(contentEncoding !== undefined && { contentEncoding }),
		...(reprDigest !== undefined && { reprDigest }),
	};
}

/** An empty tag is allowed, and says nothing: who sends it sends it of every version. */
function strongTag([etag = '', ...others]: readonly string[]): string | undefined {
	return others.length === 0 && /^"[^"]+"$/.test(etag) ? etag : undefined;
}

function strongDate(lastModified: string | undefined, fields: HeaderFields): string | undefined {
	const modifiedMs = parseHttpDate(lastModified ?? '');
	const dateMs = parseHttpDate(fields.get('date') ?? '');
	const isStrong =
		modifiedMs !== undefined && dateMs !== undefined && dateMs - modifiedMs >= STRONG_DATE_MS;
	return isStrong ? lastModified : undefined;
}

/**
 * The part, if a 206 proves that it goes on where the part ends, up to the end, in the same version of
 * the same resource.
 *
 * @returns The part with the complete length, to which its content must be brought; undefined if the
 *   two may not be joined.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.3.7 | RFC 9110, section 15.3.7}
 */
export function resumedPart(part: Part, { url, fields }: HttpResponse): Part | undefined {
	const { bytes, version } = part;
	const range = parseContentRange(fields.getAll('content-range'));
	const completeBytes = range?.completeBytes ?? version.completeBytes;
	if (range === undefined || completeBytes === undefined || url !== version.servedUrl) {
		return undefined;
	}
	const length = fields.get('content-length');
	const isRest =
		range.startBytes === bytes &&
		range.lastBytes === completeBytes - 1 &&
		completeBytes === (version.completeBytes ?? completeBytes) &&
		(length === undefined || Number(length) === completeBytes - bytes) &&
		!isMultipart(fields);
	return isRest && isSameVersion(version, fields, range)
		? { ...part, version: { ...version, completeBytes } }
		: undefined;
}

/**
 * @param bytes - Of the content; undefined if that is not known yet.
 * @throws {DownloadError} If this is no response with the whole file.
 */
export function refuseIncomplete(
	{ status, fields, exchange }: HttpResponse,
	target: Target,
	part: Part | undefined,
	bytes = exchange.isWhole ? exchange.bytes : announcedBytes(fields),
): void {
	const range = fields.get('content-range');
	const isWhole = part === undefined || !isOtherLength(part, fields, bytes);
	if (status !== 206 && status !== 304 && status !== 416 && range === undefined && isWhole) {
		return;
	}
	if (part === undefined && (status === 200 || status === 206) && isWholeRange(fields, bytes)) {
		return;
	}
	if (status === 304 && part === undefined) {
		throw new DownloadError(target, NOT_ASKED, { code: 'http_304' });
	}
	const length = isWhole ? '' : ` and ${bytes} bytes`;
	const found = `got ${status} with Content-Range: ${range ?? 'none'}${length}`;
	if (part === undefined) {
		throw new DownloadError(target, `asked for no range, ${found}`, { code: 'bad_range' });
	}
	throw new PartRefused(target, `asked for bytes from ${part.bytes} of the same version, ${found}`);
}

/** As long as the rest that was asked for, or of the same version and not as long: that is no whole file. */
function isOtherLength(
	{ bytes, version }: Part,
	fields: HeaderFields,
	found: number | undefined,
): boolean {
	const { completeBytes, etag, validator } = version;
	if (found === undefined) {
		return false;
	}
	const isSame = fields.get(etag === undefined ? 'last-modified' : 'etag') === validator;
	const isWhole = completeBytes === undefined ? found >= bytes : found === completeBytes;
	return bytes + found === completeBytes || (isSame && !isWhole);
}

function announcedBytes(fields: HeaderFields): number | undefined {
	const length = fields.get('content-length');
	return length === undefined ? undefined : Number(length);
}

/** A rest without a length of its own may end early, and nothing else tells. */
export function checkCompleteLength(bytes: number, part: Part | undefined, target: Target): void {
	const completeBytes = part?.version.completeBytes ?? bytes;
	if (bytes !== completeBytes) {
		const message = `${bytes} bytes with the part from before, announced were ${completeBytes}`;
		throw new DownloadError(target, message, { code: 'length_mismatch' });
	}
}

/**
 * Beside 200 a range has no meaning (RFC 9110, section 14.4), and it does no harm if it is that of all
 * bytes. Caches answer with 206 what others have asked them.
 */
function isWholeRange(fields: HeaderFields, bytes: number | undefined): boolean {
	const range = parseContentRange(fields.getAll('content-range'));
	return (
		range?.startBytes === 0 &&
		range.lastBytes + 1 === range.completeBytes &&
		range.completeBytes === (bytes ?? range.completeBytes) &&
		!isMultipart(fields)
	);
}

function isMultipart(fields: HeaderFields): boolean {
	return /^multipart\/byteranges\b/i.test(fields.get('content-type') ?? '');
}

/** One of the two says how long it is. */
function isSameVersion(version: Version, fields: HeaderFields, range: ContentRange): boolean {
	const { etag, completeBytes } = version;
	const etags = fields.getAll('etag');
	const isSameTag = etag === undefined ? etags.length === 0 : etags.join() === etag;
	const lastModified = fields.get('last-modified');
	const isSameDate =
		lastModified === undefined
			? etag !== undefined || range.completeBytes === completeBytes
			: lastModified === (version.lastModified ?? lastModified);
	const isSame = isSameTag && isSameDate && isSameEncoding(version, fields, range);
	return isSame && !hasOtherDigest(version, fields);
}

/** A rest need not repeat it (RFC 9110, section 15.3.7): then the complete length tells. */
function isSameEncoding(
	{ contentEncoding, completeBytes }: Version,
	fields: HeaderFields,
	range: ContentRange,
): boolean {
	const now = fields.get('content-encoding');
	return now === contentEncoding || (now === undefined && range.completeBytes === completeBytes);
}

function hasOtherDigest({ reprDigest }: Version, fields: HeaderFields): boolean {
	const before = parseReprDigest(reprDigest);
	const now = parseReprDigest(fields.get('repr-digest'));
	return before?.algorithm === now?.algorithm && before?.value !== now?.value;
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
