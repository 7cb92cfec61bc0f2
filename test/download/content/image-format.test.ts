import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { BufferedContent, StreamedContent } from '../../../src/download/content/content.ts';
import { imageFormatOf, isImageName } from '../../../src/download/content/image-format.ts';
import type { Extent } from '../../../src/download/content/image-structure.ts';

const SVG =
	'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>\n';

const drawn = sharp({ create: { width: 90, height: 60, channels: 3, background: '#c00' } });
const noise = sharp({
	create: {
		width: 64,
		height: 48,
		channels: 3,
		background: '#000',
		noise: { type: 'gaussian', mean: 128, sigma: 60 },
	},
});

const IMAGES: [string, () => Promise<Buffer>][] = [
	['br.gif', async () => await readFile('fixtures/flags/br/br.gif')],
	['noise.gif', async () => await noise.clone().gif().toBuffer()],
	['a.png', async () => await drawn.clone().png().toBuffer()],
	['noise.png', async () => await noise.clone().png().toBuffer()],
	['a.JPG', async () => await drawn.clone().jpeg().toBuffer()],
	['noise.jpg', async () => await noise.clone().jpeg().toBuffer()],
	['exif.jpg', async () => await withThumbnail(await drawn.clone().jpeg().toBuffer())],
	['a.jpeg', async () => await noise.clone().jpeg({ progressive: true }).toBuffer()],
	['a.webp', async () => await noise.clone().webp().toBuffer()],
	['a.svg', async () => await Promise.resolve(Buffer.from(SVG))],
];

/** A JPEG with another one in a segment, as cameras write them. */
async function withThumbnail(image: Buffer): Promise<Buffer> {
	const thumbnail = await noise.clone().jpeg().toBuffer();
	const head = Buffer.from([0xff, 0xe1, 0, 0]);
	head.writeUInt16BE(2 + thumbnail.length, 2);
	return Buffer.concat([image.subarray(0, 2), head, thumbnail, image.subarray(2)]);
}

function extentOf(name: string, content: Buffer): Extent | 'no image' {
	const format = imageFormatOf(name);
	if (format === undefined) {
		throw new Error(`no format for ${name}`);
	}
	const seen = new BufferedContent(content);
	return format.begins(seen.head) ? seen.extentAs(format) : 'no image';
}

describe.each(IMAGES)('%s', (name, make) => {
	it('is known when it is whole', async () => {
		expect(extentOf(name, await make())).toBe('whole');
	});

	it('is not taken for whole wherever it is cut off', async () => {
		const content = await make();
		// A GIF may lack its last byte, and an SVG the line break at its end.
		const end =
			name.endsWith('.gif') || name.endsWith('.svg') ? content.length - 1 : content.length;

		for (let length = 1; length < end; length += 1) {
			expect([length, extentOf(name, content.subarray(0, length))]).toEqual([
				length,
				expect.stringMatching(/^(?:inside|no image)$/),
			]);
		}
	});

	it('is the same in pieces of any size', async () => {
		const content = await make();
		const format = imageFormatOf(name);

		for (const size of [1, 2, 3, 7, 100, 5000]) {
			for (const length of [content.length >> 1, content.length - 2, content.length]) {
				const seen = new StreamedContent([], format);
				for (let start = 0; start < length; start += size) {
					seen.update(content.subarray(start, Math.min(length, start + size)));
				}
				expect(seen.extentAs()).toBe(extentOf(name, content.subarray(0, length)));
			}
		}
	});

	it('is not mistaken for a page', () => {
		expect(extentOf(name, Buffer.from('<!doctype html><title>Sign in</title>'))).toBe('no image');
	});
});

describe.each(IMAGES.filter(([name]) => !name.endsWith('.svg')))('%s', (name, make) => {
	it.each([
		['a film', Buffer.from('\0\0\0\x18ftypmp42'.padEnd(4000, '\x07'), 'latin1')],
		['an archive', Buffer.from('PK\x03\x04'.padEnd(300, 'B'), 'latin1')],
		['zeros', Buffer.alloc(100_000)],
		['another image', readFileSync('fixtures/flags/br/br.gif')],
	])('is whole with %s after its end', async (_what, more) => {
		const content = await make();

		expect(extentOf(name, Buffer.concat([content, more]))).toBe('whole');
		const seen = new StreamedContent([], imageFormatOf(name));
		seen.update(content);
		seen.update(more);
		expect(seen.extentAs()).toBe('whole');
	});
});

describe('a GIF', () => {
	const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
	const COMMENT = Buffer.from('\x21\xfe\x03abc\0', 'latin1');

	it('may end between blocks, after an image', () => {
		expect(extentOf('a.gif', gif.subarray(0, -1))).toBe('between');
		expect(extentOf('a.gif', Buffer.concat([gif.subarray(0, -1), COMMENT]))).toBe('between');
		expect(extentOf('a.gif', Buffer.concat([gif.subarray(0, -1), Buffer.alloc(3)]))).toBe(
			'between',
		);
		// Header, colours and an extension without an image.
		expect(extentOf('a.gif', gif.subarray(0, 19))).toBe('inside');
		expect(extentOf('a.gif', gif.subarray(0, 27))).toBe('inside');
	});

	it('may not end in a block after its image', () => {
		for (const length of [1, 2, 3, 5, 6]) {
			const cut = Buffer.concat([gif.subarray(0, -1), COMMENT.subarray(0, length)]);
			expect(extentOf('a.gif', cut)).toBe('inside');
		}
	});

	it('is not known if its blocks lead nowhere', () => {
		expect(extentOf('a.gif', Buffer.concat([gif.subarray(0, 19), Buffer.alloc(9, 0x77)]))).toBe(
			'unknown',
		);
	});
});

describe('an SVG', () => {
	const ROOT = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>';
	const LICENCE = `<!-- <html> is no part of this. ${'licence '.repeat(2000)} -->`;
	const ENTITIES = `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" 'x' [
		<!-- it's -->
		<!ENTITY a "]>">
		<!ENTITY b 'http://ns.example/">'>
	]>`;

	it.each([
		['a long comment', `<?xml version="1.0"?>\n${LICENCE}\n${ROOT}`],
		['a long comment behind', `${ROOT}\n<!-- ${'x'.repeat(200)} -->\n`],
		['a very long comment behind, which hides the end', `${ROOT}\n${LICENCE}`, 'unknown'],
		['a type with entities', `<?xml version="1.0"?>${ENTITIES}${ROOT}`],
		['a long type', `<!DOCTYPE svg [<!ENTITY a "${'x'.repeat(9000)}">]>${ROOT}`],
		['a byte order mark', `\ufeff<?xml version="1.0"?>${ROOT}`],
		['instructions around it', `<?xml-stylesheet href="a"?>${ROOT}<?end x?>\n`],
		['a root that is closed at once', '<!-- a --><svg xmlns="s" width="1>"/>\n'],
		['an SVG inside', `<svg><svg></svg><g></g>\n</svg>`],
		['a prefix', '<s:svg xmlns:s="s"><s:g/></s:svg >'],
	])('with %s is one', (_what, text, extent = 'whole') => {
		expect(extentOf('a.svg', Buffer.from(text))).toBe(extent);
		expect(extentOf('a.svg', Buffer.from(`\ufeff${text}`, 'utf16le'))).toBe(extent);
		expect(extentOf('a.svg', Buffer.from(`\ufeff${text}`, 'utf16le').swap16())).toBe(extent);
	});

	it.each([
		['within its root', '<svg><path d="M0 0"/>'],
		['after an SVG inside', '<svg><svg></svg><g></g>'],
		['within a comment', `<?xml version="1.0"?><!-- a`],
		['within its type', '<!DOCTYPE svg [<!ENTITY a "x">'],
	])('is not whole if it is cut off %s', (_what, text) => {
		expect(extentOf('a.svg', Buffer.from(text))).not.toBe('whole');
	});

	it('takes no time to find that a type never ends', () => {
		const type = `<!DOCTYPE svg [${'<!-- a -->"b"\'c\'<!ENTITY d>'.repeat(200)}`;

		expect(extentOf('a.svg', Buffer.from(type))).toBe('inside');
	});
});

it.each<[path: string, url: string | undefined, isImage: boolean]>([
	['a.gif', undefined, true],
	['a.JPG', 'http://h/b.txt', true],
	['a.avif', undefined, true],
	['a.txt', 'http://h/b.gif', false],
	['a', undefined, false],
	['a', 'http://h/b.PNG?c.txt', true],
	['a', 'http://h/b?c.png', false],
	['gif', 'http://h/', false],
])('%s of %s is meant to be an image: %s', (path, url, isImage) => {
	expect(isImageName(path, url)).toBe(isImage);
});

it.each([
	['RIFF\x04\0\0\0WEBP', true],
	['RIFF\x04\0\0\0WAVE', false],
	['RIFX\x04\0\0\0WEBP', false],
])('%j begins as WebP: %s', (head, isWebp) => {
	expect(imageFormatOf('a.webp')?.begins(Buffer.from(head, 'latin1'))).toBe(isWebp);
});

it('promises no image where the name does not', () => {
	expect(imageFormatOf('readme.txt')).toBeUndefined();
	expect(imageFormatOf('gif')).toBeUndefined();
});

it('takes every flag of the fixtures for whole', async () => {
	const manifest = await readFile('fixtures/manifest.sha256', 'utf8');
	const gifs = [...manifest.matchAll(/flags\/.*\.gif/g)].map(([path]) => path);

	expect(gifs.length).toBe(249);
	for (const path of gifs) {
		expect(extentOf(path, await readFile(`fixtures/${path}`))).toBe('whole');
	}
});
