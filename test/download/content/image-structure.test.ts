import { expect, it } from 'vitest';
import {
	type Extent,
	gifStructure,
	jpegStructure,
	pngStructure,
	type Structure,
	webpStructure,
} from '../../../src/download/content/image-structure.ts';

/** Extents of all prefixes of this content: each extent with the shortest length that has it. */
function extentsOf(create: () => Structure, content: readonly number[]): [Extent, number][] {
	const found: [Extent, number][] = [];
	for (let length = 0; length <= content.length; length += 1) {
		const bytes = Buffer.from(content.slice(0, length));
		const extents = [1, 2, 3, content.length].map((size) => {
			const structure = create();
			for (let start = 0; start < length; start += size) {
				structure.update(bytes.subarray(start, start + size));
			}
			return structure.extent;
		});
		expect(new Set(extents).size, `cut off after ${length} bytes`).toBe(1);
		const [extent] = extents;
		if (extent !== undefined && found.at(-1)?.[0] !== extent) {
			found.push([extent, length]);
		}
	}
	return found;
}

/** Bytes that would be misread as structure. */
const DECOY = [0xff, 0xd9, 0x3b, 0x2c];
const segment = (code: number, ...content: number[]) => [
	0xff,
	code,
	0,
	content.length + 2,
	...content,
];

const SOI = [0xff, 0xd8];
const SOS = segment(0xda, 1);
const EOI = [0xff, 0xd9];

it.each<[name: string, content: number[], last: Extent]>([
	[
		'whose segments have the end marker in them',
		[...segment(0xe0, ...DECOY), ...SOS, ...EOI],
		'whole',
	],
	['with a segment just before restarts', [...segment(0xcf, ...DECOY), ...SOS, ...EOI], 'whole'],
	['with fill bytes', [0xff, 0xff, ...segment(0xe0), ...SOS, 0xff, ...EOI], 'whole'],
	['with 0xff in its scan', [...SOS, 1, 0xff, 0, 0xee, 0xee, ...EOI], 'whole'],
	...[0x01, 0xd0, 0xd4, 0xd7, 0xd8].map((code): [string, number[], Extent] => [
		`with ${code} alone in its scan`,
		[...SOS, 0xff, code, 0xee, 0xee, ...EOI],
		'whole',
	]),
	['that ends before it has a scan', [...segment(0xe0), ...EOI], 'unknown'],
	['that has no end', [...SOS, 1, 2, 3], 'inside'],
	['with more behind its end', [...SOS, ...EOI, ...DECOY], 'whole'],
])('a JPEG %s is followed from marker to marker', (_name, rest, last) => {
	const found = extentsOf(jpegStructure, [...SOI, ...rest]);

	expect(found[0]).toEqual(['inside', 0]);
	expect(found.at(-1)?.[0]).toBe(last);
	expect(found.length).toBe(last === 'inside' ? 1 : 2);
});

const GIF_HEAD = [...Buffer.from('GIF89a'), 1, 0, 1, 0];
const TABLE = [0x2c, 0x21, 0x3b, 0, 0x2c, 0x3b];
const IMAGE = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0];
const DATA = [2, 0x3b, 0x3b, 1, 0x3b, 0];
const EXTENSION = [0x21, 0xf9, 1, 0x3b, 0];

it('a GIF is followed from block to block, with its tables of colours and without', () => {
	const plain = [...GIF_HEAD, 0, 0, 0];
	const first = [...plain, ...EXTENSION, ...IMAGE, 0, 2, ...DATA];
	expect(extentsOf(gifStructure, [...first, 0, ...EXTENSION, 0x3b, 9])).toEqual([
		['inside', 0],
		['between', first.length],
		['inside', first.length + 2],
		['between', first.length + 1 + EXTENSION.length],
		['whole', first.length + 2 + EXTENSION.length],
	]);
	const table = [...GIF_HEAD, 0x80, 0, 0, ...TABLE, ...IMAGE, 0x80, ...TABLE, 2, ...DATA];
	expect(extentsOf(gifStructure, [...table, 0x3b])).toEqual([
		['inside', 0],
		['between', table.length],
		['whole', table.length + 1],
	]);
	const large = [...GIF_HEAD, 0x81, 0, 0, ...TABLE, ...TABLE, ...EXTENSION];
	expect(extentsOf(gifStructure, [...large, 7])).toEqual([
		['inside', 0],
		['unknown', large.length + 1],
	]);
});

it('a PNG is followed from chunk to chunk', () => {
	const chunk = (type: string, ...content: number[]) => [
		...[0, 0, 0, content.length, ...Buffer.from(type), ...content, 1, 2, 3, 4],
	];
	const begun = [...Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunk('IDAT', ...DECOY)];
	const end = chunk('IEND');

	expect(extentsOf(pngStructure, [...begun, ...end, 9])).toEqual([
		['inside', 0],
		['whole', begun.length + end.length],
	]);
	for (const type of ['ID1T', '1DAT', 'IDA1']) {
		expect(extentsOf(pngStructure, [...begun, ...chunk(type)])).toEqual([
			['inside', 0],
			['unknown', begun.length + 8],
		]);
	}
});

it('a WebP is as long as it says', () => {
	const content = [...Buffer.from('RIFF'), 2, 1, 0, 0, ...Array.from({ length: 258 }, () => 7)];

	expect(extentsOf(webpStructure, [...content, 9])).toEqual([
		['inside', 0],
		['whole', content.length],
	]);
});
