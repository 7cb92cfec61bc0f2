import { extname } from 'node:path';

/** By extension; the rest is `application/octet-stream`. */
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

/** @param name - Of a file. */
export function contentTypeOf(name: string): string {
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
