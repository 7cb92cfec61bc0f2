import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { destination, isReservedName } from '../../src/targets/destination.ts';
import { safeFileName } from '../../src/targets/safe-file-name.ts';

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
		// A ligature, full width, what shows nothing, what Windows drops, the long s.
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

	it('refuses a name that is too long, in a path or alone', () => {
		const name = 'x'.repeat(255);
		expect(destination(`a/${name}`)).toBe(`a/${name}`);
		expect(() => destination(`${name}x`)).toThrow('found a name of 256 bytes');
		expect(() => destination(`a/${'ä'.repeat(128)}`)).toThrow('found a name of 256 bytes');
	});
});
