import { appendFile, mkdir, readdir, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import {
	type Line,
	MAX_LINE_BYTES,
	RepeatableFile,
	readLines,
} from '../../src/targets/list/list-file.ts';
import { CannotRunError, UsageError } from '../../src/util/errors.ts';
import { it } from '../helpers/fixtures.ts';

async function* pieces(...all: readonly (string | Buffer)[]) {
	for (const piece of all) {
		yield await Promise.resolve(Buffer.from(piece as string));
	}
}

async function linesOf(...all: readonly (string | Buffer)[]): Promise<Line[]> {
	const found: Line[] = [];
	for await (const lines of readLines(pieces(...all))) {
		found.push(...lines);
	}
	return found;
}

const line = (number: number, text: string) => ({ number, text });
const tooLong = (number: number) => ({
	number,
	problem: `found a line of more than ${MAX_LINE_BYTES} bytes; allowed: one target a line`,
});
const notUtf8 = (number: number) => ({
	number,
	problem: 'found bytes that are not UTF-8; save the list as UTF-8',
});
const x = (bytes: number) => 'x'.repeat(bytes);
const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('the lines of a text', () => {
	it('are the same wherever its pieces end', async () => {
		const texts = fc.string({
			unit: fc.constantFrom('a', '\n', '\r', 'é', '😀', '\ufffd', '\ufeff'),
		});
		await fc.assert(
			fc.asyncProperty(texts, fc.array(fc.nat(40), { maxLength: 5 }), async (text, ends) => {
				const bytes = Buffer.from(text);
				const cuts = [0, ...ends.toSorted((a, b) => a - b), bytes.length];
				const parts = cuts.map((cut, index) => bytes.subarray(cuts[index - 1] ?? 0, cut));
				const expected = text.replace(/^\ufeff/, '').split('\n');
				if (/(?:^|\n)$/.test(text)) {
					expected.pop();
				}

				expect(await linesOf(...parts)).toEqual(
					expected.map((each, index) => line(index + 1, each)),
				);
			}),
		);
	});

	it.for<[string, readonly (string | Buffer)[], readonly object[]]>([
		[
			'a byte order mark before the first alone',
			['\ufeffa\ufeff\n\ufeffb'],
			[line(1, 'a\ufeff'), line(2, '\ufeffb')],
		],
		[
			'a byte order mark before bytes that are not UTF-8',
			['\ufeffa\n\ufeffb\n', latin1('\xff\n\xff')],
			[line(1, 'a'), line(2, '\ufeffb'), notUtf8(3), notUtf8(4)],
		],
		['U+FFFD, which is a character', ['\ufffd\n\ufffd'], [line(1, '\ufffd'), line(2, '\ufffd')]],
		[
			'U+FFFD beside bytes that are not UTF-8',
			[Buffer.concat([Buffer.from('\ufeffa\ufffd\n'), latin1('\xff\nb\n')])],
			[line(1, 'a\ufffd'), notUtf8(2), line(3, 'b')],
		],
		[
			'as many bytes as are allowed',
			[`${x(MAX_LINE_BYTES)}\nb\n`],
			[line(1, x(MAX_LINE_BYTES)), line(2, 'b')],
		],
		[
			'one byte more',
			[`a\n${x(MAX_LINE_BYTES + 1)}\nb\n`],
			[line(1, 'a'), tooLong(2), line(3, 'b')],
		],
		['more bytes than units', ['é'.repeat(MAX_LINE_BYTES / 2), 'x\nb'], [tooLong(1), line(2, 'b')]],
		[
			'as many bytes in fewer units',
			['é'.repeat(MAX_LINE_BYTES / 2), '\nb'],
			[line(1, 'é'.repeat(MAX_LINE_BYTES / 2)), line(2, 'b')],
		],
		[
			'as many bytes as are allowed at the end',
			['a\n', x(MAX_LINE_BYTES)],
			[line(1, 'a'), line(2, x(MAX_LINE_BYTES))],
		],
		['one byte more at the end', ['a\n', x(MAX_LINE_BYTES + 1)], [line(1, 'a'), tooLong(2)]],
		['more in several pieces', [x(MAX_LINE_BYTES), 'x', x(9), '\nb\n'], [tooLong(1), line(2, 'b')]],
		[
			'more beside bytes that are not UTF-8',
			[Buffer.concat([Buffer.from(`${x(MAX_LINE_BYTES + 1)}\n`), latin1('\xff\n')])],
			[tooLong(1), notUtf8(2)],
		],
		[
			'more, and its end in a piece that is not UTF-8',
			[x(MAX_LINE_BYTES + 1), latin1('\xff\n\xff\nb')],
			[tooLong(1), notUtf8(2), line(3, 'b')],
		],
		['nothing', ['', ''], []],
		[
			'the first bytes of gzip after others',
			['a', latin1('\x1f\x8bb\n'), 'PK\u0003\u0004'],
			[notUtf8(1), line(2, 'PK\u0003\u0004')],
		],
	])('may have %s', async ([, parts, expected]) => {
		expect(await linesOf(...parts)).toEqual(expected);
	});

	it.for([
		[
			latin1('\xff\xfeb\0'),
			'found text in UTF-16; allowed: UTF-8, as iconv -f UTF-16 -t UTF-8 writes it',
		],
		[
			latin1('\xfe\xff\0b'),
			'found text in UTF-16; allowed: UTF-8, as iconv -f UTF-16 -t UTF-8 writes it',
		],
		[
			latin1('\x1f\x8b'),
			'found a file compressed by gzip; allowed: its text, as gunzip -c writes it',
		],
		[
			'PK\u0003\u0004\n',
			'found a ZIP archive or a spreadsheet; allowed: text, such as a table saved as CSV',
		],
	] as const)('are one problem if it begins with %j', async ([start, problem]) => {
		expect(await linesOf(start, 'b\nc\n')).toEqual([{ number: 1, problem }]);
	});
});

describe('a file that is read more than once', () => {
	async function bytesOf(file: RepeatableFile): Promise<string> {
		const all: Buffer[] = [];
		for await (const piece of file.read()) {
			all.push(piece);
		}
		return Buffer.concat(all).toString('latin1');
	}

	it('has the same bytes each time, whatever is appended', async ({ folder }) => {
		const path = join(folder, 'list');
		const text = Array.from({ length: 40_000 }, (_, index) => `${index}\n`).join('');
		await writeFile(path, text);
		const file = new RepeatableFile(path, 'l');

		expect(await bytesOf(file)).toBe(text);
		await appendFile(path, 'more\n');
		expect(await bytesOf(file)).toBe(text);
		await truncate(path, 65_536);
		await expect(bytesOf(file)).rejects.toThrow(
			/^l has changed since it was checked, at byte 65537 or after; only lines may be appended to it\. Run the command again$/,
		);
	});

	it('ends where it ended when it was opened', async ({ folder }) => {
		const path = join(folder, 'list');
		await writeFile(path, 'x'.repeat(100_000));
		const file = new RepeatableFile(path, 'l');
		let bytes = 0;
		for await (const piece of file.read()) {
			bytes += piece.length;
			await appendFile(path, 'y'.repeat(100_000));
		}

		expect(bytes).toBe(100_000);
		expect(await bytesOf(file)).toBe('x'.repeat(100_000));
	});

	it.runIf(process.platform === 'linux')(
		'may be one of the system, which says that it is empty',
		async () => {
			const found = await bytesOf(new RepeatableFile('/proc/self/mounts', 'l'));

			expect(found).toContain(' / ');
		},
	);

	it('is a mistake of use where it cannot be read at first, and none after', async ({ folder }) => {
		const path = join(folder, 'list');
		const missing = new RepeatableFile(path, 'l');

		await expect(bytesOf(missing)).rejects.toThrow(
			new UsageError('cannot read l: no such file or directory'),
		);
		await expect(bytesOf(new RepeatableFile(path, 'l'))).rejects.toMatchObject({
			cause: { code: 'ENOENT' },
		});
		await expect(bytesOf(missing)).rejects.toThrow(CannotRunError);
		await mkdir(path);
		await expect(bytesOf(new RepeatableFile(path, 'l'))).rejects.toThrow(
			new UsageError('cannot read l: it is a directory'),
		);
		await rm(path, { recursive: true });
		await writeFile(path, 'a');
		const file = new RepeatableFile(path, 'l');
		await bytesOf(file);
		await rm(path);
		await expect(bytesOf(file)).rejects.toThrow(
			new CannotRunError(
				'cannot read l again, after it has been checked: no such file or directory',
			),
		);
	});

	it.runIf(process.platform === 'linux')(
		'is closed when it is no longer read',
		async ({ folder }) => {
			const path = join(folder, 'list');
			await writeFile(path, 'x'.repeat(200_000));
			const file = new RepeatableFile(path, 'l');
			const timesOpen = async () => {
				const descriptors = await readdir('/proc/self/fd');
				const targets = descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
				return (await Promise.all(targets)).filter((target) => target === path).length;
			};

			// The first reading, and a later one.
			for (const _ of [1, 2]) {
				const reading = file.read();
				await reading.next();
				expect(await timesOpen()).toBe(1);
				await reading.return();
				expect(await timesOpen()).toBe(0);
			}
		},
	);

	it('throws what its reader throws as it is', async ({ folder }) => {
		const path = join(folder, 'list');
		await writeFile(path, 'a');
		const reading = new RepeatableFile(path, 'l').read();
		await reading.next();

		await expect(reading.throw(new TypeError('mine'))).rejects.toThrow(new TypeError('mine'));
	});
});
