import { describe, expect, it } from 'vitest';
import {
	hodgesLehmann,
	signedRankBounds,
	signedRankDistribution,
} from '../../src/statistics/paired-ratio.ts';

describe('signedRankDistribution', () => {
	// Wilcoxon's table, two-sided 0.05 (for instance Siegel and Castellan, table H; Zar, table B.12).
	it.each([
		[6, 0],
		[7, 2],
		[8, 3],
		[9, 5],
		[10, 8],
		[11, 10],
		[12, 13],
		[13, 17],
		[14, 21],
		[15, 25],
		[16, 29],
		[17, 34],
		[18, 40],
		[19, 46],
		[20, 52],
		[25, 89],
		[30, 137],
	])('has the critical value of the table for n = %i', (n, critical) => {
		const atMost = signedRankDistribution(n);

		expect(atMost[critical]).toBeLessThanOrEqual(0.025);
		expect(atMost[critical + 1]).toBeGreaterThan(0.025);
	});

	it('agrees with counting all signs one by one', () => {
		const n = 5;
		const counts = new Array<number>(16).fill(0);
		for (let signs = 0; signs < 2 ** n; signs += 1) {
			const w = [1, 2, 3, 4, 5].reduce((sum, rank) => sum + ((signs >> (rank - 1)) & 1) * rank, 0);
			counts[w] = (counts[w] ?? 0) + 1;
		}

		const expected = counts.map(
			(_, w) => counts.slice(0, w + 1).reduce((sum, count) => sum + count, 0) / 2 ** n,
		);

		expect([...signedRankDistribution(n)]).toEqual(expected);
	});
});

describe('signedRankBounds', () => {
	it('has no interval of 95 % for five, and one that covers 96.9 % for six', () => {
		expect(signedRankBounds(5, 0.95)).toBeUndefined();
		expect(signedRankBounds(6, 0.95)).toEqual({ outside: 0, coverage: 0.96875 });
	});

	it('covers 95.3 % for seven', () => {
		expect(signedRankBounds(7, 0.95)).toEqual({ outside: 2, coverage: 1 - 6 / 128 });
	});
});

describe('hodgesLehmann', () => {
	// Hamilton depression scale, Hollander and Wolfe (1973), table 3.1; R: wilcox.test(x, y, paired, conf.int).
	const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
	const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
	const differences = before.map((x, index) => x - (after[index] as number));

	it('gives the estimate and the interval of the textbook', () => {
		const estimate = hodgesLehmann(differences, 0.95);

		expect(estimate?.value).toBeCloseTo(0.46, 10);
		expect(estimate?.lower).toBeCloseTo(0.01, 10);
		expect(estimate?.upper).toBeCloseTo(0.786, 10);
		expect(estimate?.coverage).toBeCloseTo(0.961, 3);
	});

	it('is undisturbed by how far away an outlier is', () => {
		const sample = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
		const spoilt = [...sample.slice(0, -1), 1000];

		expect(hodgesLehmann(spoilt, 0.95)?.lower).toBe(hodgesLehmann(sample, 0.95)?.lower);
		expect(Math.abs((hodgesLehmann(spoilt, 0.95)?.value ?? 0) - 5.5)).toBeLessThan(1);
	});
});
