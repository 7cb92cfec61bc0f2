import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readQueries } from '../../../src/server/finder/connection.ts';

describe('readQueries', () => {
	it('ends a line at LF and at CR LF, and takes what follows the last end for a line', async () => {
		expect(await queries('island\nsão tomé\r\n\nbr')).toEqual(['island', 'são tomé', '', 'br']);
	});

	it('gives the same lines wherever the bytes are cut', async () => {
		const line = fc
			.string({ unit: 'grapheme', maxLength: 40 })
			.map((s) => s.replace(/\p{Cc}/gu, ''));

		await fc.assert(
			fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 7 }), async (lines, size) => {
				const bytes = Buffer.from(lines.map((text) => `${text}\r\n`).join(''));
				expect(await queries(bytes, size)).toEqual(
					lines.map((text) => Buffer.from(text).toString()),
				);
			}),
		);
	});

	it('allows 1,024 bytes, and not one more', async () => {
		const longest = 'é'.repeat(512);

		expect(await queries(`${longest}\r\n`)).toEqual([longest]);
		await expect(queries(`${longest}a\n`)).rejects.toThrow('at most 1024 bytes');
	});

	it('does not wait for the end of a line that is too long', async () => {
		await expect(readQueries(endless(Buffer.alloc(64, 'a'))).next()).rejects.toThrow(
			'at most 1024',
		);
	});

	it.each([
		['\u0003', 'U+0003'],
		['a\tb\n', 'U+0009'],
		['a\rb\n', 'U+000D'],
		['\u007f', 'U+007F'],
		['a\u0085\n', 'U+0085'],
		['\0\n', 'U+0000'],
	])('refuses %j, and names the character', async (bytes, name) => {
		await expect(queries(bytes)).rejects.toThrow(name);
	});

	it.each([
		['a byte that never occurs, before the line ends', [0x61, 0xff]],
		['an encoding that is cut off', [0xc3, 0x0a]],
		['a surrogate', [0xed, 0xa0, 0x80, 0x0a]],
		['an encoding that is too long', [0xc0, 0x80, 0x0a]],
	])('refuses %s', async (_, bytes) => {
		await expect(queries(Buffer.from(bytes))).rejects.toThrow('valid UTF-8');
	});
});

async function queries(bytes: string | Buffer, chunkBytes = 1 << 16): Promise<string[]> {
	const lines: string[] = [];
	for await (const line of readQueries(cut(Buffer.from(bytes as Buffer), chunkBytes))) {
		lines.push(line);
	}
	return lines;
}

async function* cut(bytes: Buffer, chunkBytes: number): AsyncGenerator<Buffer> {
	for (let start = 0; start < bytes.length; start += chunkBytes) {
		yield await Promise.resolve(bytes.subarray(start, start + chunkBytes));
	}
}

async function* endless(chunk: Buffer): AsyncGenerator<Buffer> {
	for (;;) {
		yield await Promise.resolve(chunk);
	}
}
