import { describe, expect, it } from 'vitest';
import {
	formatBytes,
	formatDuration,
	formatTimeLeft,
	formatWait,
	plural,
} from '../../src/util/units.ts';

describe('format', () => {
	it.each([
		[0, '0 B'],
		[999, '999 B'],
		[1000, '1.0 kB'],
		[9949, '9.9 kB'],
		[9950, '10 kB'],
		[112_345, '112 kB'],
		[999_499, '999 kB'],
		[999_500, '1.0 MB'],
		[1_400_000, '1.4 MB'],
		[5e15, '5000 TB'],
	])('%d bytes are %s', (bytes, text) => {
		expect(formatBytes(bytes)).toBe(text);
	});

	it.each([
		[0.4, '0 ms'],
		[99.4, '99 ms'],
		[100, '0.10 s'],
		[310, '0.31 s'],
		[994, '0.99 s'],
		[1000, '1.0 s'],
		[9940, '9.9 s'],
		[9960, '10 s'],
		[59_400, '59 s'],
		[59_500, '1 min 0 s'],
		[125_000, '2 min 5 s'],
		[11_520_000, '3 h 12 min'],
	])('%d ms are %s', (ms, text) => {
		expect(formatDuration(ms)).toBe(text);
	});

	it.each([
		[-1, '0 s', '0 s'],
		[1900, '1 s', '2 s'],
		[59_900, '59 s', '1 min 0 s'],
		[119_600, '1 min 59 s', '2 min 0 s'],
		[120_400, '2 min 0 s', '2 min 1 s'],
	])('%d ms are over %s, and less than %s', (ms, elapsed, left) => {
		expect([formatWait(ms), formatTimeLeft(ms)]).toEqual([elapsed, left]);
	});

	it('counts in the plural, with separators', () => {
		expect([plural(1, 'file'), plural(0, 'file'), plural(12_345, 'retry', 'retries')]).toEqual([
			'1 file',
			'0 files',
			'12,345 retries',
		]);
	});
});
