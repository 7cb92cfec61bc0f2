import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAME_BYTES, safeFileName } from '../../src/targets/safe-file-name.ts';

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
