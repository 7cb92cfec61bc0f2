import { describe, expect, it } from 'vitest';
import {
	ascending,
	median,
	quantile,
	supportedPercentile,
} from '../../src/statistics/percentile.ts';

describe('quantile', () => {
	// R: quantile(c(1, 2, 4, 8, 16), c(.1, .25, .5, .9)), type 7
	it.each([
		[0, 1],
		[0.1, 1.4],
		[0.25, 2],
		[0.5, 4],
		[0.9, 12.8],
		[1, 16],
	])('at %d is the one of R', (p, expected) => {
		expect(quantile([1, 2, 4, 8, 16], p)).toBeCloseTo(expected, 12);
	});

	it('of one is that one, and of infinitely late ones is infinity, not NaN', () => {
		expect(quantile([7], 0.99)).toBe(7);
		expect(quantile([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 0.9)).toBe(
			Number.POSITIVE_INFINITY,
		);
	});

	it('refuses nothing', () => {
		expect(() => quantile([], 0.5)).toThrow(RangeError);
	});
});

describe('median', () => {
	it('does not change the order of what it is given', () => {
		const values = [3, 1, 2];

		expect(median(values)).toBe(2);
		expect(values).toEqual([3, 1, 2]);
	});
});

describe('supportedPercentile', () => {
	const of = (n: number) => ascending(Array.from({ length: n }, (_, i) => i));

	it.each([
		[0.5, 10],
		[0.9, 50],
		[0.95, 100],
		[0.99, 500],
	])('shows p%d from five requests beyond it on, which takes %i', (p, needed) => {
		expect(supportedPercentile(of(needed), p)).toBe(quantile(of(needed), p));
		expect(supportedPercentile(of(needed - 1), p)).toBeUndefined();
	});
});
