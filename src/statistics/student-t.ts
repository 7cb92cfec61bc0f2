/** An estimate with an interval around it, on the scale of the sample. */
export interface Estimate {
	readonly value: number;
	readonly lower: number;
	readonly upper: number;
	readonly coverage: number;
}

/** Coverages that there are quantiles for. */
export type Coverage = 0.95 | 0.98;

export const Z975 = 1.96;

interface Quantiles {
	/** Of the normal distribution. */
	readonly z: number;
	/** Of Student's t by degrees of freedom, for which the expansion is not accurate enough. */
	readonly t: Readonly<Record<number, number>>;
}

const QUANTILES: Readonly<Record<Coverage, Quantiles>> = {
	0.95: { z: Z975, t: { 2: 4.3026527, 3: 3.1824463, 4: 2.7764451 } },
	0.98: { z: 2.3263, t: { 2: 6.9645567, 3: 4.5407029, 4: 3.7469474, 5: 3.36493 } },
};

/**
 * The mean and Student's interval. It assumes that the observations are normally distributed, or many.
 *
 * @param sample - At least 3 observations.
 */
export function studentT(sample: readonly number[], coverage: Coverage = 0.95): Estimate {
	const n = sample.length;
	if (n < 3) {
		throw new RangeError(`at least 3 observations are needed, not ${n}`);
	}
	const mean = sum(sample) / n;
	const variance = sum(sample.map((x) => (x - mean) ** 2)) / (n - 1);
	const half = quantileOfT(n - 1, coverage) * Math.sqrt(variance / n);
	return { value: mean, lower: mean - half, upper: mean + half, coverage };
}

/** Accurate to 1 % from 5 degrees of freedom: Abramowitz and Stegun, 26.7.5. */
function quantileOfT(degrees: number, coverage: Coverage): number {
	const { z, t } = QUANTILES[coverage];
	const first = (z ** 3 + z) / (4 * degrees);
	const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
	return t[degrees] ?? z + first + second;
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
