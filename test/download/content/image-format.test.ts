import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { SeenWhole } from '../../../src/download/content/content.ts';
import { imageFormatOf } from '../../../src/download/content/image-format.ts';

const SVG =
	'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>\n';

const drawn = sharp({ create: { width: 90, height: 60, channels: 3, background: '#c00' } });

const IMAGES: [string, () => Promise<Buffer>][] = [
	['br.gif', async () => await readFile('fixtures/flags/br/br.gif')],
	['a.png', async () => await drawn.clone().png().toBuffer()],
	['a.JPG', async () => await drawn.clone().jpeg().toBuffer()],
	['a.jpeg', async () => await drawn.clone().jpeg({ progressive: true }).toBuffer()],
	['a.webp', async () => await drawn.clone().webp().toBuffer()],
	['a.svg', async () => await Promise.resolve(Buffer.from(SVG))],
];

function isWhole(name: string, content: Buffer): boolean {
	const format = imageFormatOf(name);
	if (format === undefined) {
		throw new Error(`no format for ${name}`);
	}
	const { head, tail, bytes } = new SeenWhole(content);
	return format.begins(head) && format.ends(tail, bytes, head);
}

describe.each(IMAGES)('%s', (name, make) => {
	it('is known when it is whole', async () => {
		expect(isWhole(name, await make())).toBe(true);
	});

	it('is not taken for whole when a part is missing', async () => {
		const content = await make();

		for (const share of [0.1, 0.5, 0.9]) {
			expect(isWhole(name, content.subarray(0, Math.floor(content.length * share)))).toBe(false);
		}
	});

	it('is not mistaken for a page', () => {
		expect(isWhole(name, Buffer.from('<!doctype html><title>Sign in</title>'))).toBe(false);
	});
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
		expect(isWhole(path, await readFile(`fixtures/${path}`))).toBe(true);
	}
});
