import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { ServedFiles } from '../../scenarios/served-files.ts';
import type { PlainRequest, PreparedResponse } from '../response.ts';
import type { Body } from './body.ts';

/** Source of the true responses. */
export interface ContentSource {
	/** As listed at the start; scenarios select from these. */
	readonly files: ServedFiles;
	/**
	 * @param path - As sent, without query: nothing is decoded or resolved.
	 * @returns `undefined` if there is no such file.
	 */
	find(path: string): ServedFile | undefined | Promise<ServedFile | undefined>;
	/** Answers requests for anything but files: pages, searches, redirects. Scenarios do not apply to it. */
	answer?(
		request: PlainRequest,
	): PreparedResponse | undefined | Promise<PreparedResponse | undefined>;
}

/** A file with its HTTP metadata. */
export interface ServedFile {
	/** Canonical URL path: `/flags/br/br.gif`. */
	readonly path: string;
	readonly body: Body;
	readonly contentType: string;
	/** Strong validator, quotes included. */
	readonly etag: string;
	/** HTTP date. */
	readonly lastModified: string;
	/** `Repr-Digest` (RFC 9530) of the true content. */
	readonly reprDigest: string;
	/** The complete 200 response. */
	readonly whole: PreparedResponse;
}

/** For content without a date; constant, so that runs are comparable. */
const LAST_MODIFIED = 'Thu, 01 Jan 2026 00:00:00 GMT';

export function fileInMemory(path: string, body: Buffer, lastModified?: string): ServedFile {
	return createServedFile(path, body, createHash('sha256').update(body).digest(), lastModified);
}

/** @param digest - SHA-256 of the content. */
export function createServedFile(
	path: string,
	body: Body,
	digest: Buffer,
	lastModified: string = LAST_MODIFIED,
): ServedFile {
	const contentType = contentTypeOf(path);
	const etag = `"${digest.toString('hex', 0, 12)}"`;
	const reprDigest = `sha-256=:${digest.toString('base64')}:`;
	const headers = {
		etag,
		'last-modified': lastModified,
		// A cache in between would hide planned faults.
		'cache-control': 'no-cache',
		'repr-digest': reprDigest,
		'accept-ranges': 'bytes',
		'content-type': contentType,
		'content-length': String(body.length),
	};
	const whole = { status: 200, headers, fields: Object.entries(headers).flat(), body };
	return { path, contentType, lastModified, body, etag, reprDigest, whole };
}

/** By extension; anything else is `application/octet-stream`. */
const TYPES: Readonly<Record<string, string>> = {
	...typed('text', {
		html: 'html htm',
		css: 'css',
		csv: 'csv',
		markdown: 'md',
		javascript: 'js mjs',
	}),
	...typed('text', { plain: 'txt log ini conf cfg yml yaml toml', calendar: 'ics' }),
	...typed('image', { gif: 'gif', png: 'png', jpeg: 'jpg jpeg', webp: 'webp', avif: 'avif' }),
	...typed('image', { 'svg+xml': 'svg', bmp: 'bmp', tiff: 'tif tiff', 'x-icon': 'ico' }),
	...typed('audio', { mpeg: 'mp3', ogg: 'ogg oga', wav: 'wav', flac: 'flac', mp4: 'm4a' }),
	...typed('video', { mp4: 'mp4 m4v', webm: 'webm', mpeg: 'mpg mpeg', quicktime: 'mov' }),
	...typed('font', { woff: 'woff', woff2: 'woff2', ttf: 'ttf', otf: 'otf' }),
	...typed('application', { json: 'json map', xml: 'xml', pdf: 'pdf', wasm: 'wasm', zip: 'zip' }),
	...typed('application', {
		gzip: 'gz tgz',
		'x-tar': 'tar',
		'x-bzip2': 'bz2',
		'x-xz': 'xz',
		zstd: 'zst',
	}),
	...typed('application', { 'x-7z-compressed': '7z', 'x-ndjson': 'ndjson', 'java-archive': 'jar' }),
};

function contentTypeOf(name: string): string {
	const type = TYPES[extname(name).slice(1).toLowerCase()] ?? 'application/octet-stream';
	return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

function typed(type: string, extensions: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(extensions).flatMap(([subtype, list]) =>
			list.split(' ').map((extension) => [extension, `${type}/${subtype}`]),
		),
	);
}
