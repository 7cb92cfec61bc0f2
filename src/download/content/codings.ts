import type { Target } from '../../targets/target.ts';
import { DownloadError } from '../errors.ts';
import type { HttpResponse } from '../http/response.ts';

/** A coding that can be decoded. */
export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd';

/** The codings to remove from a body to get the content of a file, each in decoding order. */
export interface Codings {
	/** Of the message: removed by every recipient, before digests are compared. */
	readonly transfer: readonly Coding[];
	/** Of the representation: removed for the file. */
	readonly content: readonly Coding[];
}

/** Whether there is anything to decode. */
export function isCoded({ transfer, content }: Codings): boolean {
	return transfer.length + content.length > 0;
}

const NONE: readonly Coding[] = [];

/** Each coding costs memory, and no server has a reason to apply more. */
const MAX_CODINGS = 2;

/** File name extensions of files that should stay encoded. */
const EXTENSIONS: ReadonlyMap<string, RegExp> = new Map([
	['gzip', /\.(?:gz|tgz|svgz)$/i],
	['deflate', /\.zz$/i],
	['compress', /\.z$/i],
	['bzip2', /\.(?:bz2|tbz2?)$/i],
	['xz', /\.(?:xz|txz)$/i],
	['br', /\.br$/i],
	['zstd', /\.(?:zst|tzst)$/i],
]);

/** The name of a coding. Servers also send media types, which are ignored, and worse. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Neither a token nor a media type: `gzip deflate`. */
const MENTIONS_CODING = /^[^/]*\b(?:gzip|deflate|br|zstd|compress)\b[^/]*$/;

/** Values without effect: they belong in other fields, or describe how the file was uploaded. */
const WITHOUT_EFFECT =
	/^(?:identity|none|null|raw|plain|text|binary|[78]bit|base64|quoted-printable|chunked|aws-chunked|amz-1\.0|(?:us-)?ascii|utf-?\d.*|latin-?\d|iso-?8859-?\d+|(?:windows|cp)-?\d+)$/;

/**
 * Determines the codings of a response.
 *
 * @param dest - Path of the file.
 * @param isRaw - Keep content codings: `--raw`.
 * @throws {DownloadError} `transfer_coding`, `unknown_coding` if one cannot be decoded.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-8.4 | RFC 9110, section 8.4}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-7 | RFC 9112, section 7}
 */
export function codingsOf(
	response: HttpResponse,
	target: Target,
	dest: string,
	isRaw: boolean,
): Codings {
	const transfer = transferCodings(response, target);
	const content = isRaw ? NONE : contentCodings(response, target, dest);
	if (transfer.length + content.length > MAX_CODINGS) {
		const message = `in ${transfer.length + content.length} codings, allowed are ${MAX_CODINGS}`;
		throw new DownloadError(target, message, { code: 'unknown_coding' });
	}
	return { transfer, content };
}

/**
 * The parser has decoded `chunked` if it is the last one. It ignores trailing spaces, but takes `chunked`
 * with a trailing tab for an unknown coding.
 */
function transferCodings({ fields }: HttpResponse, target: Target): readonly Coding[] {
	const found = fields.get('transfer-encoding');
	if (found === undefined || /^chunked *$/i.test(found)) {
		return NONE;
	}
	const others = found.replace(/ *(?:^|,) *chunked *$/i, '');
	// `identity` was the coding that changes nothing (RFC 2616, section 3.6), and servers still say it.
	const names = others
		.split(',')
		.map(nameOf)
		.filter((name) => name !== 'identity' && name !== '');
	if (!names.every((name) => name === 'gzip' || name === 'deflate')) {
		const message = `sent with Transfer-Encoding: ${found}; only chunked, gzip and deflate can be undone`;
		throw new DownloadError(target, message, { code: 'transfer_coding' });
	}
	return names.reverse();
}

function contentCodings(
	{ fields, url }: HttpResponse,
	target: Target,
	dest: string,
): readonly Coding[] {
	const found = fields.get('content-encoding');
	if (found === undefined) {
		return NONE;
	}
	const names = found
		.split(',')
		.map((coding) => nameOf(withoutParameters(coding)))
		.filter((name) => (TOKEN.test(name) ? !WITHOUT_EFFECT.test(name) : MENTIONS_CODING.test(name)));
	const paths = [dest, pathOf(target.url), pathOf(url)];
	// Apache and others send `a.tar.gz` as `a.tar` with `Content-Encoding: gzip`.
	if (names.every((name) => paths.some((path) => EXTENSIONS.get(name)?.test(path)))) {
		return [];
	}
	const codings = names.filter(isCoding);
	if (codings.length < names.length) {
		const message = `encoded as ${found}; gzip, deflate, br can be undone, and --raw keeps it as it is`;
		throw new DownloadError(target, message, { code: 'unknown_coding' });
	}
	return codings.reverse();
}

/** Also removes quotes. Both belong in other fields, such as `Accept-Encoding`: `gzip;q=1`, `"gzip"`. */
function withoutParameters(coding: string): string {
	return coding.replace(/;.*$/s, '').replace(/^\s*"(.*)"\s*$/, '$1');
}

function isCoding(name: string): name is Coding {
	return name === 'gzip' || name === 'deflate' || name === 'br' || name === 'zstd';
}

function nameOf(coding: string): string {
	return coding.trim().toLowerCase().replace(/^x-/, '');
}

function pathOf(url: string): string {
	return URL.parse(url)?.pathname ?? '';
}
