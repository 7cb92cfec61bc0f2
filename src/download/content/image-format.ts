import { extname } from 'node:path';
import {
	gifStructure,
	jpegStructure,
	pngStructure,
	type Structure,
	webpStructure,
} from './image-structure.ts';
import { beginsAsSvg, SvgStructure } from './markup.ts';

/** How to recognize a complete image of one format. */
export interface ImageFormat {
	readonly name: string;
	readonly mediaType: string;
	/** Other media types that servers use for it. */
	readonly aliases: readonly string[];
	/** @param head - The first bytes of the content, up to `HEAD_BYTES`. */
	begins(head: Buffer): boolean;
	/** Creates a parser for the structure of one image. */
	structure(): Structure;
}

export const HEAD_BYTES = 4096;

/** Formats with a known structure, by extension. */
export function imageFormatOf(path: string): ImageFormat | undefined {
	return FORMATS.get(extname(path).toLowerCase());
}

/**
 * Whether a file should be an image, of a known format or another, by the extension of its name or, if
 * it has none, of its URL.
 */
export function isImageName(path: string, url: string | undefined): boolean {
	let extension = extname(path);
	if (extension === '' && url !== undefined) {
		extension = extname(new URL(url).pathname);
	}
	return IMAGE_EXTENSIONS.has(extension.slice(1).toLowerCase());
}

const GIF: ImageFormat = {
	name: 'GIF',
	mediaType: 'image/gif',
	aliases: [],
	begins: (head) => startsWith(head, 'GIF87a') || startsWith(head, 'GIF89a'),
	structure: gifStructure,
};

const PNG: ImageFormat = {
	name: 'PNG',
	mediaType: 'image/png',
	aliases: ['image/x-png', 'image/apng'],
	begins: (head) => startsWith(head, '\x89PNG\r\n\x1a\n'),
	structure: pngStructure,
};

const JPEG: ImageFormat = {
	name: 'JPEG',
	mediaType: 'image/jpeg',
	aliases: ['image/jpg', 'image/pjpeg'],
	begins: (head) => startsWith(head, '\xff\xd8\xff'),
	structure: jpegStructure,
};

const WEBP: ImageFormat = {
	name: 'WebP',
	mediaType: 'image/webp',
	aliases: [],
	begins: (head) => startsWith(head, 'RIFF') && head.toString('latin1', 8, 12) === 'WEBP',
	structure: webpStructure,
};

const SVG: ImageFormat = {
	name: 'SVG',
	mediaType: 'image/svg+xml',
	aliases: ['image/svg', 'application/xml', 'text/xml'],
	// Licences and entities may precede the root element and be longer than the head.
	begins: (head) => beginsAsSvg(head, head.length < HEAD_BYTES),
	structure: () => new SvgStructure(),
};

const FORMATS: ReadonlyMap<string, ImageFormat> = new Map([
	['.gif', GIF],
	['.png', PNG],
	['.jpg', JPEG],
	['.jpeg', JPEG],
	['.webp', WEBP],
	['.svg', SVG],
]);

/** Extensions of images on the web, of cameras and of graphics programs. */
const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set(
	[
		'apng avci avcs avif avifs bmp cur dib gif heic heics heif heifs hif icns ico jfi jfif jif jpe jpeg',
		'jpg jxl pjp pjpeg png svg svgz tif tiff webp',
		'bpg djv djvu dds emf emz eps exr fits flif hdp hdr j2c j2k jls jng jp2 jpc jpf jph jpm jpx jxr',
		'jxs ktx ktx2 mng pam pbm pcx pfm pgm pnm ppm psb psd qoi ras sgi tga wbmp wdp wmf wmz xbm xcf',
		'xpm xwd',
		'3fr arw cr2 cr3 crw dcr dng erf iiq kdc mos mrw nef nrw orf pef raf rw2 rwl sr2 srf srw x3f',
	].flatMap((line) => line.split(' ')),
);

function startsWith(head: Buffer, magic: string): boolean {
	return head.toString('latin1', 0, magic.length) === magic;
}
