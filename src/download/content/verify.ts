import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import {
	DIGEST_ALGORITHMS,
	DIGEST_NAMES,
	type DigestAlgorithm,
	hasDigest,
} from '../../targets/digests.ts';
import type { Target } from '../../targets/target.ts';
import type { ParsedUrl } from '../../targets/url.ts';
import { quote } from '../../util/text.ts';
import { DownloadError } from '../errors.ts';
import type { HttpResponse } from '../http/response.ts';
import type { DownloadOptions } from '../options.ts';
import { type Codings, codingsOf, isCoded } from './codings.ts';
import {
	base64ToHex,
	type Digested,
	type ExpectedDigest,
	parseReprDigest,
	type ReceivedContent,
} from './content.ts';
import { type ImageFormat, imageFormatOf, isImageName } from './image-format.ts';
import { isHtmlPage } from './markup.ts';

/** Requirements on the content of a response. */
export interface ContentChecks {
	readonly target: Target;
	readonly format: ImageFormat | undefined;
	/** Set for an image of unknown format: the media type that the server sent. */
	readonly image: { readonly mediaType: string | undefined } | undefined;
	/** Whether it ends with the connection, so that only the content itself shows whether it is complete. */
	readonly isCloseDelimited: boolean;
	/** Whether the response has `Content-Length: 0`. */
	readonly isLengthZero: boolean;
	/** Path of the file to update: one with content is not replaced with an empty one. */
	readonly earlier: string | undefined;
	readonly digest: ExpectedDigest | undefined;
	/** Codings to remove before all checks except that of `digest`. */
	readonly codings: Codings;
	readonly maxBytes: number;
}

/** The file to download. */
export interface WantedFile {
	readonly target: Target;
	/** Absolute path of its final name. */
	readonly dest: string;
	/** URL of the request; its extension counts if `dest` has none. */
	readonly url?: ParsedUrl;
	/** Whether an existing file is updated, by the target's validators. */
	readonly isUpdate: boolean;
}

/**
 * Checks a response before its content is read.
 *
 * @throws {DownloadError} If the content cannot be the wanted file.
 */
export function contentChecks(
	response: HttpResponse,
	{ target, dest, url, isUpdate }: WantedFile,
	options: Pick<DownloadOptions, 'maxFilesizeBytes' | 'contentCheck' | 'raw'>,
): ContentChecks {
	const { status, fields } = response;
	const { maxFilesizeBytes: maxBytes = Number.POSITIVE_INFINITY, contentCheck } = options;
	const fail = failWith(target);
	if (status === 204 || status === 205) {
		throw fail('empty_body', `${status}: an answer without content`);
	}
	const codings = codingsOf(response, target, dest, options.raw);
	const format = contentCheck ? imageFormatOf(dest) : undefined;
	const type = mediaType(fields.get('content-type'));
	if (
		format !== undefined &&
		type !== undefined &&
		// Other image types are accepted: servers confuse them, and the content is checked anyway.
		!type.startsWith('image/') &&
		!format.aliases.includes(type) &&
		!GENERIC_TYPES.has(type)
	) {
		throw fail('content_type', `the server says ${type}, the name says ${format.mediaType}`);
	}
	const length = fields.get('content-length');
	const announced = Number(length ?? 0);
	if (announced > maxBytes && !isCoded(codings)) {
		throw tooLarge(target, announced, maxBytes);
	}
	const isCloseDelimited =
		length === undefined && fields.get('transfer-encoding') === undefined && !isCoded(codings);
	const digest = parseReprDigest(fields.get('repr-digest'));
	const isUnknownImage =
		contentCheck &&
		format === undefined &&
		(type?.startsWith('image/') === true || isImageName(dest, url?.href));
	const image = isUnknownImage ? { mediaType: type } : undefined;
	const isLengthZero = length !== undefined && announced === 0;
	const earlier = isUpdate ? dest : undefined;
	const end = { isCloseDelimited, isLengthZero, earlier };
	return { target, format, image, ...end, digest, codings, maxBytes };
}

/** Media types that servers send for files of unknown type. */
const GENERIC_TYPES = new Set([
	'application/octet-stream',
	'binary/octet-stream',
	'application/unknown',
	'application/force-download',
	'application/x-download',
	'text/plain',
]);

function mediaType(header: string | undefined): string | undefined {
	const end = header?.indexOf(';') ?? -1;
	const type = (end === -1 ? header : header?.slice(0, end))?.trim().toLowerCase();
	return type === '' ? undefined : type;
}

/**
 * @param encoded - The content before its content codings were removed, if it has any.
 * @throws {DownloadError} If the content is not the wanted file.
 */
export function verify(
	checks: ContentChecks,
	content: ReceivedContent,
	encoded: Digested = content,
): void {
	const { target, format, image, digest } = checks;
	const fail = failWith(target);
	if (content.bytes === 0) {
		checkEmpty(checks, encoded);
	}
	if (format !== undefined) {
		if (!format.begins(content.head)) {
			throw fail(
				'bad_image',
				`not a ${format.name}: it begins with ${quote(content.head.toString('latin1', 0, 16))}`,
			);
		}
		const extent = content.extentAs(format);
		if (extent !== 'whole' && (extent === 'inside' || checks.isCloseDelimited)) {
			throw fail('truncated', `the ${format.name} is cut off after ${content.bytes} bytes`);
		}
	}
	if (image !== undefined && isHtmlPage(content.head, image.mediaType)) {
		throw fail(
			'bad_image',
			`a page, not an image: it begins with ${quote(content.head.toString('latin1', 0, 16))}`,
		);
	}
	if (digest !== undefined && encoded.digestHex(digest.algorithm) !== base64ToHex(digest.value)) {
		throw fail(
			'digest_mismatch',
			`not the content of the server's Repr-Digest (${digest.algorithm})`,
		);
	}
	for (const algorithm of DIGEST_ALGORITHMS) {
		const expected = target[algorithm];
		if (expected !== undefined && content.digestHex(algorithm) !== expected) {
			const found = content.digestHex(algorithm) ?? 'unknown';
			const isEncoded = encoded !== content && encoded.digestHex(algorithm) === expected;
			// The advice comes first: with two long digests the end of the message is cut off.
			const hint = isEncoded ? 'the content has it as it was sent (use --raw): decoded, ' : '';
			const name = DIGEST_NAMES[algorithm];
			throw fail('checksum_mismatch', `${hint}${name} is ${found}, expected ${expected}`);
		}
	}
}

/**
 * @param encoded - If it has bytes, they are the complete encoding of empty content.
 * @throws {DownloadError} Unless empty content is expected.
 */
function checkEmpty(checks: ContentChecks, encoded: Digested): void {
	const { target, format, image, digest, isLengthZero, earlier } = checks;
	const fail = failWith(target);
	if (format !== undefined || image !== undefined) {
		throw fail('empty_body', 'the content is empty, and should be an image');
	}
	if (hasDigest(target)) {
		const other = DIGEST_ALGORITHMS.find(
			(algorithm) => (target[algorithm] ?? EMPTY_DIGESTS[algorithm]) !== EMPTY_DIGESTS[algorithm],
		);
		if (other !== undefined) {
			const name = DIGEST_NAMES[other];
			throw fail('empty_body', `the content is empty, and has not the ${name} of nothing`);
		}
		return;
	}
	if (earlier !== undefined && hasContent(earlier)) {
		throw fail('empty_body', 'the content is empty, and that of the earlier version is not');
	}
	const isExpected =
		digest === undefined
			? isLengthZero || encoded.bytes > 0
			: base64ToHex(digest.value) === encoded.digestHex(digest.algorithm);
	if (!isExpected) {
		throw fail('empty_body', 'the content is empty, though no length of 0 was announced');
	}
}

/** Whether the file exists and is not empty. */
function hasContent(path: string): boolean {
	return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

const NOTHING = Buffer.alloc(0);
const EMPTY_DIGESTS: Readonly<Record<DigestAlgorithm, string>> = {
	get sha256() {
		return hash('sha256', NOTHING);
	},
	get sha384() {
		return hash('sha384', NOTHING);
	},
	get sha512() {
		return hash('sha512', NOTHING);
	},
};

/** Algorithms of the digests that `verify` needs. */
export function algorithmsOf({ target, digest }: ContentChecks): Set<string> {
	const algorithms = new Set<string>();
	if (digest !== undefined) {
		algorithms.add(digest.algorithm);
	}
	for (const algorithm of DIGEST_ALGORITHMS) {
		if (target[algorithm] !== undefined) {
			algorithms.add(algorithm);
		}
	}
	return algorithms;
}

/** Whether `verify` needs this digest. */
export function needsDigest(
	{ target, digest }: ContentChecks,
	algorithm: DigestAlgorithm,
): boolean {
	return digest?.algorithm === algorithm || target[algorithm] !== undefined;
}

export function tooLarge(target: Target, bytes: number, maxBytes: number): DownloadError {
	return failWith(target)('too_large', `${bytes} bytes or more, allowed are ${maxBytes}`);
}

function failWith(target: Target): (code: string, message: string) => DownloadError {
	return (code, message) => new DownloadError(target, message, { code });
}
