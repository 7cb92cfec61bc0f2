import { describe, expect, it } from 'vitest';
import { destination } from '../../src/targets/destination.ts';
import { safeFileName } from '../../src/targets/safe-file-name.ts';
import {
	csvField,
	escapeMarkdown,
	escapeXml,
	printable,
	printableLines,
	quote,
} from '../../src/util/text.ts';

/** What a terminal obeys, what turns a line around, what cannot be seen. */
const HARMFUL = [
	...['\u0000', '\u0007', '\u001b', '\u007f', '\u009b', '\u00ad', '\u061c', '\u115f', '\u1160'],
	...['\u180e', '\u200b', '\u200e', '\u200f', '\u2028', '\u2029', '\u202a', '\u202e', '\u2060'],
	...['\u2066', '\u2069', '\u3164', '\ufeff', '\uffa0', '\ud800', '\u{e0041}'],
];

describe.each(HARMFUL.map((character) => [character.codePointAt(0)?.toString(16), character]))(
	'U+%s',
	(_code, character = '') => {
		it('reaches no terminal, report, message or file name', () => {
			const text = `a${character}b`;

			for (const safe of [
				printable(text),
				printableLines(text),
				quote(text),
				escapeXml(text),
				escapeMarkdown(text),
				safeFileName(text) ?? '',
			]) {
				expect(safe).not.toContain(character);
				expect(safe).toMatch(/a.*b/);
			}
			expect(() => destination(text)).toThrow(/^found U\+/);
		});
	},
);

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

it('a field of CSV is no formula, and has its quotes doubled', () => {
	expect(csvField('=1+1')).toBe("'=1+1");
	expect(csvField('a,"b"')).toBe('"a,""b"""');
	expect(csvField(-5)).toBe('-5');
	expect(csvField(undefined)).toBe('');
});
