import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/bench/experiment/experiment.ts';
import { statOfSamples } from '../../src/statistics/estimate.ts';

/** Seeded, so that the coverage below is the same number on every machine. */
function sample(round: number, n: number): number[] {
	const random = randomStream(round);
	// Exponential, because latencies have a tail.
	return Array.from({ length: n }, () => -Math.log(1 - random()));
}

function coverage(n: number, stat: Parameters<typeof statOfSamples>[1], truth: number): number {
	const rounds = Array.from({ length: 1500 }, (_, round) => statOfSamples(sample(round, n), stat));
	const covered = rounds.filter((range) => range && range.lower <= truth && truth <= range.upper);
	return covered.length / rounds.length;
}

describe('a 95 % interval', () => {
	it.each([20, 100])('has the median in it 95 times in 100: %i samples', (n) => {
		const stat = { of: 'percentile', percent: 50 } as const;

		expect(coverage(n, stat, Math.log(2))).toBeGreaterThan(0.94);
	});

	it.each([100, 300])('has the 95th percentile in it: %i samples', (n) => {
		const stat = { of: 'percentile', percent: 95 } as const;

		expect(coverage(n, stat, Math.log(20))).toBeGreaterThan(0.93);
	});

	it('has the mean in it: 100 samples', () => {
		expect(coverage(100, { of: 'mean' }, 1)).toBeGreaterThan(0.93);
	});

	it('ends with the observations where too few lie beyond', () => {
		const values = sample(1, 40);

		const range = statOfSamples(values, { of: 'percentile', percent: 99 });

		expect(range?.upper).toBe(Math.max(...values));
	});
});

it('is not given for five samples', () => {
	expect(statOfSamples([1, 2, 3, 4, 5], { of: 'percentile', percent: 50 })).toBeUndefined();
});
