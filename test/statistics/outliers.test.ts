import { describe, expect, it } from 'vitest';
import { markOutliers } from '../../src/statistics/percentile.ts';

describe('markOutliers', () => {
	it('marks what is beyond the fences of Tukey, and how far', () => {
		// Quartiles 102 and 106, range 4: fences at 112 and 118.
		expect(markOutliers([100, 102, 103, 104, 105, 106, 113])).toEqual([
			...new Array<undefined>(6).fill(undefined),
			'mild',
		]);
		expect(markOutliers([100, 102, 103, 104, 105, 106, 130]).at(-1)).toBe('severe');
	});

	it('marks what the quartiles are too wide to see, by median absolute deviations', () => {
		const values = [100, 100, 101, 101, 102, 150, 160, 170];

		expect(markOutliers(values).some((mark) => mark !== undefined)).toBe(true);
	});

	it('marks nothing in a sample whose spread is that of a timer', () => {
		expect(markOutliers([1000, 1000, 1000, 1000, 1001])).toEqual(
			new Array<undefined>(5).fill(undefined),
		);
	});

	it('marks nothing in fewer than five', () => {
		expect(markOutliers([1, 1, 1, 100])).toEqual(new Array<undefined>(4).fill(undefined));
	});
});
