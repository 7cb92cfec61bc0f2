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
	type Seen,
} from './content.ts';
import { type ImageFormat, imageFormatOf, isImageName } from './image-format.ts';
import { isHtmlPage } from './markup.ts';

/** What the content of one answer must be. */
export interface ContentChecks {
	readonly target: Target;
	readonly format: ImageFormat | undefined;
	/** Of an image whose format is not known: what the server says it is. */
	readonly image: { readonly mediaType: string | undefined } | undefined;
	/** Whether only the end of the connection ends it: then nothing but the content tells that it is whole. */
	readonly isCloseDelimited: boolean;
	/** Whether a length of 0 was announced. */
	readonly isLengthZero: boolean;
	/** A file that is there, and is better than nothing. */
	readonly earlier: string | undefined;
	readonly digest: ExpectedDigest | undefined;
	/** What is to be undone before it is compared with anything but the digest. */
	readonly codings: Codings;
	readonly maxBytes: number;
}

/** The file that content is for. */
export interface WantedFile {
	readonly target: Target;
	/** Absolute path of its final name. */
	readonly dest: string;
	/** Where it is asked for, if it may be named there only. */
	readonly url?: ParsedUrl;
	/** Replace what is there by what has changed since, by the target's validators. */
	readonly isUpdate: boolean;
}

/**
 * Looks at an answer before its content is read.
 *
 * @throws {DownloadError} Where the content cannot be what is wanted.
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
		// Of another image, too: the content is looked at, and servers mix up their names.
		!type.startsWith('image/') &&
		!format.aliases.includes(type) &&
		!OPAQUE.has(type)
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
	const isOther =
		contentCheck &&
		format === undefined &&
		(type?.startsWith('image/') === true || isImageName(dest, url?.href));
	const image = isOther ? { mediaType: type } : undefined;
	const isLengthZero = length !== undefined && announced === 0;
	const earlier = isUpdate ? dest : undefined;
	const end = { isCloseDelimited, isLengthZero, earlier };
	return { target, format, image, ...end, digest, codings, maxBytes };
}

/** What servers say of files whose type they do not know. */
const OPAQUE = new Set([
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
 * @param encoded - The content before its content codings were undone, if it has any.
 * @throws {DownloadError} If the content is not what is wanted.
 */
export function verify(checks: ContentChecks, seen: Seen, encoded: Digested = seen): void {
	const { target, format, image, digest } = checks;
	const fail = failWith(target);
	if (seen.bytes === 0) {
		checkEmpty(checks, encoded);
	}
	if (format !== undefined) {
		if (!format.begins(seen.head)) {
			throw fail(
				'bad_image',
				`not a ${format.name}: it begins with ${quote(seen.head.toString('latin1', 0, 16))}`,
			);
		}
		const extent = seen.extentAs(format);
		if (extent !== 'whole' && (extent === 'inside' || checks.isCloseDelimited)) {
			throw fail('truncated', `the ${format.name} is cut off after ${seen.bytes} bytes`);
		}
	}
	if (image !== undefined && isHtmlPage(seen.head, image.mediaType)) {
		throw fail(
			'bad_image',
			`a page, not an image: it begins with ${quote(seen.head.toString('latin1', 0, 16))}`,
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
		if (expected !== undefined && seen.digestHex(algorithm) !== expected) {
			const found = seen.digestHex(algorithm) ?? 'unknown';
			const isEncoded = encoded !== seen && encoded.digestHex(algorithm) === expected;
			// The advice first: with two long digests the end of a message is cut off.
			const hint = isEncoded ? 'the content has it as it was sent (use --raw): decoded, ' : '';
			const name = DIGEST_NAMES[algorithm];
			throw fail('checksum_mismatch', `${hint}${name} is ${found}, expected ${expected}`);
		}
	}
}

/**
 * @param encoded - A coding of no content has an end, which has arrived.
 * @throws {DownloadError} Unless it is known that there is to be no content.
 */
function checkEmpty(checks: ContentChecks, encoded: Digested): void {
	const { target, format, image, digest, isLengthZero, earlier } = checks;
	const fail = failWith(target);
	if (format !== undefined || image !== undefined) {
		throw fail('empty_body', 'the content is empty, and should be an image');
	}
	if (hasDigest(target)) {
		const other = DIGEST_ALGORITHMS.find(
			(algorithm) => (target[algorithm] ?? OF_NOTHING[algorithm]) !== OF_NOTHING[algorithm],
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
	const isVouchedFor =
		digest === undefined
			? isLengthZero || encoded.bytes > 0
			: base64ToHex(digest.value) === encoded.digestHex(digest.algorithm);
	if (!isVouchedFor) {
		throw fail('empty_body', 'the content is empty, though no length of 0 was announced');
	}
}

/** Whether there is a file that is not empty. */
function hasContent(path: string): boolean {
	return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

const NOTHING = Buffer.alloc(0);
const OF_NOTHING: Readonly<Record<DigestAlgorithm, string>> = {
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

/** The digests that `verify` will ask for. */
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

/** Whether it will ask for this one. */
export function wants({ target, digest }: ContentChecks, algorithm: DigestAlgorithm): boolean {
	return digest?.algorithm === algorithm || target[algorithm] !== undefined;
}

export function tooLarge(target: Target, bytes: number, maxBytes: number): DownloadError {
	return failWith(target)('too_large', `${bytes} bytes or more, allowed are ${maxBytes}`);
}

function failWith(target: Target): (code: string, message: string) => DownloadError {
	return (code, message) => new DownloadError(target, message, { code });
}
