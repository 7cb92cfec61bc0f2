import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { imageFormatOf, isImageName } from '../../../src/download/content/image-format.ts';

it.each<[path: string, name: string, mediaType: string, aliases: string[], begin: string]>([
	['a.gif', 'GIF', 'image/gif', [], 'GIF89a'],
	['a.GIF', 'GIF', 'image/gif', [], 'GIF87a'],
	['a.png', 'PNG', 'image/png', ['image/x-png', 'image/apng'], '\x89PNG\r\n\x1a\n'],
	['a.jpg', 'JPEG', 'image/jpeg', ['image/jpg', 'image/pjpeg'], '\xff\xd8\xff'],
	['a.jpeg', 'JPEG', 'image/jpeg', ['image/jpg', 'image/pjpeg'], '\xff\xd8\xff'],
	['a.webp', 'WebP', 'image/webp', [], 'RIFF\x04\0\0\0WEBP'],
	['a.svg', 'SVG', 'image/svg+xml', ['image/svg', 'application/xml', 'text/xml'], '<svg/>'],
])('%s is of the format %s', (path, name, mediaType, aliases, begin) => {
	const format = imageFormatOf(path);
	const head = Buffer.from(begin, 'latin1');

	expect(format).toMatchObject({ name, mediaType, aliases });
	expect(format?.begins(head)).toBe(true);
	expect(format?.begins(Buffer.concat([Buffer.from(' x'), head]))).toBe(false);
	for (const wrong of [
		'',
		'GIF88a',
		'GIF89',
		'\x89PNG\r\n\x1a',
		'\xff\xd8',
		'RIFF\x04\0\0\0WAVE',
		'XIFF\x04\0\0\0WEBP',
	]) {
		expect(format?.begins(Buffer.from(wrong, 'latin1'))).toBe(false);
	}
	const structure = format?.structure();
	structure?.update(head);
	expect(structure?.extent).toBe(name === 'SVG' || name === 'WebP' ? 'whole' : 'inside');
});

it('an SVG may have much before its root element', () => {
	const format = imageFormatOf('a.svg');

	expect(format?.begins(Buffer.from('<!-- a'))).toBe(false);
	expect(format?.begins(Buffer.from(`<!-- ${'a'.repeat(4091)}`))).toBe(true);
	expect(format?.begins(Buffer.from(`<!-- ${'a'.repeat(4090)}`))).toBe(false);
});

it.each([
	'gif',
	'jxl',
	'webp',
	'avif',
	'bpg',
	'hdr',
	'jxs',
	'qoi',
	'xcf',
	'xwd',
	'3fr',
	'x3f',
	'RAW.NEF',
])('a.%s is the name of an image, by its path or else by its URL', (extension) => {
	expect(isImageName(`/a.${extension}`, undefined)).toBe(true);
	expect(isImageName('/a', `http://a/b.${extension}?c.txt`)).toBe(true);
	expect(isImageName('/a.txt', `http://a/b.${extension}`)).toBe(false);
});

it('other names are those of no images', () => {
	expect(imageFormatOf('a.txt')).toBeUndefined();
	expect(imageFormatOf('gif')).toBeUndefined();
	for (const path of ['/a', '/gif', '/a.', '/a.gifs', '/a.x', ...readdirSync('src')]) {
		expect(isImageName(path, 'http://a/b')).toBe(false);
	}
});
