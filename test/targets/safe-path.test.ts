import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	destination,
	isReservedName,
	MAX_NAME_BYTES,
	safeFileName,
} from '../../src/targets/safe-path.ts';

const pieces = fc.constantFrom(
	...['a', 'Z', '0', '_', '-', '.', '..', '/', '//', 'con', 'NUL', 'com1', 'lpt', '.gif', 'é', ' '],
);

describe('destination', () => {
	it('takes a path only where each of its names is safe as it is', () => {
		fc.assert(
			fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
				const path = parts.join('');
				const safe = path
					.normalize('NFC')
					.split('/')
					.every((name) => !['', '.', '..'].includes(name) && safeFileName(name) === name);
				if (safe) {
					expect(destination(path)).toBe(path.normalize('NFC'));
				} else {
					expect(() => destination(path)).toThrow('found');
				}
			}),
			{ numRuns: 5000 },
		);
	});

	it.each(['.flagdl-state.json', 'a/.FLAGDL-STATE.json', '.flagdl/run/x', '.FlagDL', 'a/.flagdl'])(
		'keeps %s for flagdl',
		(path) => {
			expect(() => destination(path)).toThrow('which flagdl itself needs');
		},
	);

	it.each([
		['.flagdl', true],
		['.FlagDL', true],
		// A ligature, full width, invisible characters, those that Windows drops, the long s.
		['.\ufb02agdl', true],
		['.\uff46lagdl', true],
		['.fla\u200bgdl', true],
		['.fla\u00adgdl', true],
		['.flagdl. .', true],
		['.flagdl-\u017ftate.json', true],
		['.flagdl-worker', true],
		['flagdl', false],
		['.flagdl.gif', false],
		['.flagdl2', false],
	])('takes %j for a name of its own: %s', (name, isReserved) => {
		expect(isReservedName(name)).toBe(isReserved);
	});

	it.each([
		[
			'/a/b',
			'found the absolute path "/a/b" as destination; allowed: a path below the output directory, which -d names',
		],
		['c:/a', 'found the absolute path "c:/a" as destination'],
		['C:\\a', 'found the absolute path "C:\\\\a" as destination'],
		[
			'a//b',
			'found an empty name in the destination "a//b"; allowed: a path below the output directory, such as europe/fr.gif',
		],
		['', 'found an empty name in the destination ""'],
		['a/./b', 'found "." in the destination "a/./b"'],
		['a/..', 'found ".." in the destination "a/.."'],
		['x'.repeat(256), '; allowed: 255 bytes, as file systems take no more'],
		['a\u200bb', 'in the destination "a\\u200bb"; allowed: characters that can be seen'],
		['a/b.', 'found "b." in a destination, which is not a safe name on every system; "b" is'],
		['a/. .', 'found ". ." in a destination, which is not a safe name on every system'],
		[
			'a/.FlagDL',
			'found the destination a/.FlagDL, which flagdl itself needs; give it another name',
		],
	])('refuses %j with the reason', (path, message) => {
		expect(() => destination(path)).toThrow(message);
	});

	it('has no other name for one that cannot be made safe', () => {
		expect(() => destination('a/. .')).toThrow(/system$/);
	});

	it('refuses a name that is too long, in a path or alone', () => {
		const name = 'x'.repeat(255);
		expect(destination(`a/${name}`)).toBe(`a/${name}`);
		expect(() => destination(`${name}x`)).toThrow('found a name of 256 bytes');
		expect(() => destination(`a/${'ä'.repeat(128)}`)).toThrow('found a name of 256 bytes');
	});
});

describe('safeFileName', () => {
	it.each([
		['Brazil', 'Brazil'],
		["Côte d'Ivoire", "Côte d'Ivoire"],
		['Co\u0302te', 'Côte'],
		['../../x', '.._.._x'],
		['/etc/passwd', '_etc_passwd'],
		['C:\\x', 'C__x'],
		['St. Kitts.', 'St. Kitts'],
		[' Chad . . ', 'Chad'],
		['CON', '_CON'],
		['nul.gif', '_nul.gif'],
		['COM¹.txt', '_COM¹.txt'],
		['Congo', 'Congo'],
		['\u001b[31mred\u0000', '[31mred'],
		['gif\u202efdp', 'giffdp'],
		['\ud800x', '_x'],
		['a\u200bb\u00adc', 'abc'],
		['\u061cdu\u115fe\u1160f\u3164g\uffa0h', 'duefgh'],
		['\ufeffi\u180ej\u2060k\u{e0041}l', 'ijkl'],
		['☀\ufe0f', '☀\ufe0f'],
		['e\u034f\u0301', 'é'],
	])('makes %j safe: %j', (name, safe) => {
		expect(safeFileName(name)).toBe(safe);
	});

	it.each([[''], ['.'], ['..'], [' .. '], ['\u0000\u001b'], ['\u202e']])(
		'has no name left of %j',
		(name) => {
			expect(safeFileName(name)).toBeUndefined();
		},
	);

	it('keeps the extension of a name that it has to cut, and cuts no character in two', () => {
		const safe = safeFileName(`${'ü'.repeat(300)}.gif`) ?? '';

		expect(safe).toMatch(/^ü+\.gif$/);
		expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(MAX_NAME_BYTES);
	});

	it.each([
		[`${'x'.repeat(251)}.gif`, `${'x'.repeat(251)}.gif`],
		[`${'x'.repeat(252)}.gif`, `${'x'.repeat(251)}.gif`],
		[`${'x'.repeat(300)}.a.gif`, `${'x'.repeat(251)}.gif`],
		[`${'x'.repeat(240)} ${'y'.repeat(10)} z.gif`, `${'x'.repeat(240)} ${'y'.repeat(10)}.gif`],
		[`${'x'.repeat(300)}.${'e'.repeat(15)}`, `${'x'.repeat(239)}.${'e'.repeat(15)}`],
		[`${'x'.repeat(300)}.${'e'.repeat(16)}`, 'x'.repeat(255)],
		['x'.repeat(300), 'x'.repeat(255)],
		[`a.b ${'x'.repeat(300)}`, `a.b ${'x'.repeat(251)}`],
	])('cuts a long name to 255 bytes, but for its extension', (name, safe) => {
		expect(safeFileName(name)).toBe(safe);
	});

	it('gives one path segment for any text, and the same again for its own result', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
				const safe = safeFileName(name);
				if (safe === undefined) {
					return;
				}

				expect(safe).not.toMatch(
					/[/\\\p{Cc}\p{Cf}\p{Surrogate}\u115f\u1160\u3164\uffa0]|^\.{1,2}$|[. ]$/u,
				);
				expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(MAX_NAME_BYTES);
				expect(safeFileName(safe)).toBe(safe);
			}),
			{ numRuns: 2000 },
		);
	});
});
