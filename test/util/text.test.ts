import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { destination, safeFileName } from '../../src/targets/safe-path.ts';
import {
	csvField,
	escapeMarkdown,
	escapeXml,
	harmfulIn,
	jsonText,
	printable,
	printableLines,
	quote,
	shorten,
	shortenAll,
	shortenMiddle,
	wrapWords,
} from '../../src/util/text.ts';

/** A character of each kind: obeyed by a terminal, invisible, or changing the direction of text. */
const HOSTILE = [
	...['\0', '\u0007', '\b', '\u001b', '\u007f', '\u009b', '\u0085'],
	...['\u00ad', '\u034f', '\u061c', '\u115f', '\u1160', '\u17b4', '\u180e'],
	...['\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2028', '\u2029', '\u202a', '\u202e'],
	...['\u2060', '\u2064', '\u2066', '\u2069', '\u206f', '\u3164', '\ufeff', '\uffa0'],
	...['\ufff9', '\ud800', '\udfff', '\u{1d173}', '\u{e0001}', '\u{e0041}', '\u{e01f0}'],
];

const HARMLESS = '☀\ufe0f Åland Côte d’Ivoire 日本 🇧🇷 ع נ हिन्दी 한국 \u00a0a b';

describe.each(HOSTILE.map((character) => [nameOf(character), character]))('%s', (_, character) => {
	const text = `a${character}b`;

	it('is replaced where text is shown', () => {
		expect(printable(text)).toBe('a\ufffdb');
		expect(printableLines(text)).toBe('a\ufffdb');
		expect(escapeXml(text)).toBe('a\ufffdb');
		expect(csvField(text)).toBe('a\ufffdb');
		expect(harmfulIn(escapeMarkdown(text))).toEqual([]);
	});

	it('is an escape in JSON and in what a message quotes', () => {
		expect(harmfulIn(jsonText({ text }))).toEqual([]);
		expect(JSON.parse(jsonText({ text }))).toEqual({ text });
		expect(harmfulIn(quote(text))).toEqual([]);
		expect(JSON.parse(quote(text))).toBe(text);
	});

	it('is in no file name', () => {
		expect(safeFileName(text)).toMatch(/^a_?b$/);
		expect(() => destination(text)).toThrow(`found ${nameOf(character)} in the destination "a\\`);
	});
});

function nameOf(character: string): string {
	return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

describe('what a terminal obeys', () => {
	it.each(HOSTILE)('is found by its name: %j', (character) => {
		expect(harmfulIn(`ab${character}c${character}`)).toEqual([nameOf(character)]);
	});

	it('is nothing of usual text in any script', () => {
		expect(printable(HARMLESS)).toBe(HARMLESS);
		expect(harmfulIn(HARMLESS)).toEqual([]);
		expect(jsonText(HARMLESS)).toBe(JSON.stringify(HARMLESS));
	});

	it('is none of the line ends and TABs of a text of several lines', () => {
		expect(printableLines('a\tb\nc\rd\n')).toBe('a\tb\nc\ufffdd\n');
		expect(printable('a\tb\nc')).toBe('a\ufffdb\ufffdc');
	});
});

describe('JSON', () => {
	it('is what JSON.stringify makes of it, once it is read', () => {
		fc.assert(
			fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
				expect(JSON.parse(jsonText(value, '\t'))).toEqual(JSON.parse(JSON.stringify(value)));
			}),
		);
	});
});

describe('a field of CSV', () => {
	it.each([
		['=1+1', "'=1+1"],
		['+1', "'+1"],
		['-1', "'-1"],
		['@SUM(A1)', "'@SUM(A1)"],
		['\t=1', "'\t=1"],
		[-1, '-1'],
		[undefined, ''],
		[true, 'true'],
		['a,"b"\r\nc', '"a,""b""\r\nc"'],
		[' a', '" a"'],
	])('of %j is %s', (value, field) => {
		expect(csvField(value)).toBe(field);
	});

	it('is read back by a parser', () => {
		fc.assert(
			fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), (values) => {
				const texts = values.map((value) => `x${value}`);
				expect(parseCsv(texts.map(csvField).join(','))).toEqual([texts]);
			}),
		);
	});
});

describe('text that is cut', () => {
	it('loses no half of a character', () => {
		expect(shorten('ab😀cd', 4)).toBe('ab…');
		expect(shorten('ab😀cd', 5)).toBe('ab😀…');
		expect(quote(`${'x'.repeat(78)}😀${'y'.repeat(9)}`)).toBe(`"${'x'.repeat(78)}…"`);
	});
});

describe('a quoted piece of input', () => {
	it.each([
		['https://me:S3CRET@host/a', '"https://host/a"'],
		['https://me:S3#CRET@host/a', '"https://host/a"'],
		['https://me:S3/CRET@host/a', '"https://host/a"'],
		['https://me:S3?CRET@host/a', '"https://host/a"'],
		['https://meS3CRET@host/a', '"https://host/a"'],
		['http//me:S3CRET@host', '"host"'],
		['me:S3CRET@host', '"host"'],
		['ftp://me:S3CRET@host', '"ftp://host"'],
		['photo@2x.png', '"photo@2x.png"'],
	])('%s has no password: %s', (text, quoted) => {
		expect(quote(text)).toBe(quoted);
	});

	it('is short', () => {
		expect(quote('x'.repeat(1000)).length).toBeLessThan(90);
	});
});

describe('a long name', () => {
	it('is cut in its middle, and no character is cut in two', () => {
		expect(shortenMiddle('short', 5)).toBe('short');
		expect(shortenMiddle('abcdefghij', 6)).toBe('ab…hij');
		for (let length = 1; length < 12; length += 1) {
			expect(shortenMiddle('🇧🇷🇧🇷🇧🇷', length)).not.toMatch(/\p{Surrogate}/u);
		}
	});

	it.each([
		[['aaaaaaaaaa1', 'aaaaaaaaaa2']],
		[['1aaaaaaaaaa', '2aaaaaaaaaa']],
		[['aaaaaaaaaaaaaaaa1aaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaa2aaaaaaaaaaaaaaa']],
	])('stays different from its neighbour: %j', (names) => {
		const short = shortenAll(names, 8);

		expect(new Set(short).size).toBe(2);
		expect(Math.max(...short.map(({ length }) => length))).toBeLessThanOrEqual(8);
	});
});

it('words are wrapped, and never cut', () => {
	expect(wrapWords('one two three', 8, '  ')).toEqual(['one two', '  three']);
	expect(wrapWords('incomprehensible', 8, '  ')).toEqual(['incomprehensible']);
	expect(wrapWords('', 8, '  ')).toEqual(['']);
});
