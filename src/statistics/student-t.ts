import type { Estimate } from './hodges-lehmann.ts';

/** Quantiles 0.975 of Student's t by degrees of freedom: only samples of 3 to 5 come here. */
const T975: Readonly<Record<number, number>> = { 2: 4.3026527, 3: 3.1824463, 4: 2.7764451 };

/**
 * The mean and its 95 % interval after Student, for samples too small for a rank interval. It leans
 * on the assumption that the observations are normal.
 *
 * @param sample - 3 to 5 observations.
 */
export function studentT(sample: readonly number[]): Estimate {
	const n = sample.length;
	const t = T975[n - 1];
	if (t === undefined) {
		throw new RangeError(`3 to 5 observations are allowed, not ${n}`);
	}
	const mean = sum(sample) / n;
	const variance = sum(sample.map((x) => (x - mean) ** 2)) / (n - 1);
	const half = t * Math.sqrt(variance / n);
	return { value: mean, low: mean - half, high: mean + half, coverage: 0.95 };
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
