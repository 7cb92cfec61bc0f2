import type { Target } from '../targets/target.ts';
import { parseReprDigest } from './content/content.ts';
import type { Part, Version } from './disk/kept-parts.ts';
import { DownloadError, PartRefused } from './errors.ts';
import type { HeaderFields } from './http/header-fields.ts';
import { type HttpResponse, parseHttpDate } from './http/response.ts';

const UNEXPECTED_304 = '304 Not Modified, though nothing was asked to be compared';

/** A `Last-Modified` this much older than `Date` cannot belong to two versions: RFC 9110, 8.8.2.2. */
const STRONG_DATE_MS = 1000;

/**
 * The version of a response, to be stored with its part for a later resume.
 *
 * @returns Undefined if the response has no strong validator; its part cannot be resumed.
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

/** An empty tag is valid but useless: servers that send it send it for every version. */
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
 * Checks that a 206 is the complete rest of the same version of the same resource.
 *
 * @returns The part with the complete length; undefined if the response must not be appended.
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
 * Whether a status may refuse the range rather than the file: 416, and what servers without ranges answer instead.
 * The part is given up then, even if it was the file that was refused.
 */
export function refusesRange(status: number): boolean {
	return [400, 405, 406, 412, 416, 501].includes(status);
}

/**
 * @param bytes - Length of the content; undefined if not known yet.
 * @throws {DownloadError} If the response does not have the whole file.
 */
export function refuseIncomplete(
	{ status, fields, exchange }: HttpResponse,
	target: Target,
	part: Part | undefined,
	bytes = exchange.isWhole ? exchange.bytes : announcedBytes(fields),
): void {
	const range = fields.get('content-range');
	const isWhole = part === undefined || !hasUnexpectedLength(part, fields, bytes);
	if (status !== 206 && status !== 304 && !refusesRange(status) && range === undefined && isWhole) {
		return;
	}
	if (part === undefined && (status === 200 || status === 206) && isWholeRange(fields, bytes)) {
		return;
	}
	if (status === 304 && part === undefined) {
		throw new DownloadError(target, UNEXPECTED_304, { code: 'http_304' });
	}
	const length = isWhole ? '' : ` and ${bytes} bytes`;
	const found = `got ${status} with Content-Range: ${range ?? 'none'}${length}`;
	if (part === undefined) {
		throw new DownloadError(target, `asked for no range, ${found}`, { code: 'bad_range' });
	}
	throw new PartRefused(target, `asked for bytes from ${part.bytes} of the same version, ${found}`);
}

/** Whether the content is as long as the requested rest, or of the same version with another length. */
function hasUnexpectedLength(
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

/** Detects a rest without a length that ended early. */
export function checkCompleteLength(bytes: number, part: Part | undefined, target: Target): void {
	const completeBytes = part?.version.completeBytes ?? bytes;
	if (bytes !== completeBytes) {
		const message = `${bytes} bytes with the part from before, announced were ${completeBytes}`;
		throw new DownloadError(target, message, { code: 'length_mismatch' });
	}
}

/**
 * With 200 a range has no meaning (RFC 9110, section 14.4); it is harmless if it covers the whole file.
 * Caches may respond with a 206 that another client requested.
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

/** Either the part or the range has the complete length. */
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

/** A 206 need not repeat the coding (RFC 9110, section 15.3.7); then the complete length must match. */
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
	/** Absent if the server does not know it. */
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
