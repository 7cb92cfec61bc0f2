/** An estimate with an interval around it, on the scale of the sample. */
export interface Estimate {
	readonly value: number;
	readonly lower: number;
	readonly upper: number;
	/** Coverage of the interval, from 0 to 1. */
	readonly coverage: number;
}

/** Quantiles 0.975 of Student's t by degrees of freedom, for which the expansion is not accurate enough. */
const T975: Readonly<Record<number, number>> = { 2: 4.3026527, 3: 3.1824463, 4: 2.7764451 };

/** Quantile 0.975 of the normal distribution. */
export const Z975 = 1.96;

/**
 * The mean and Student's 95 % interval. It assumes that the observations are normally distributed, or
 * many.
 *
 * @param sample - At least 3 observations.
 */
export function studentT(sample: readonly number[]): Estimate {
	const n = sample.length;
	if (n < 3) {
		throw new RangeError(`at least 3 observations are needed, not ${n}`);
	}
	const mean = sum(sample) / n;
	const variance = sum(sample.map((x) => (x - mean) ** 2)) / (n - 1);
	const half = t975(n - 1) * Math.sqrt(variance / n);
	return { value: mean, lower: mean - half, upper: mean + half, coverage: 0.95 };
}

/** Accurate to 1 % from 5 degrees of freedom: Abramowitz and Stegun, 26.7.5. */
function t975(degrees: number): number {
	const first = (Z975 ** 3 + Z975) / (4 * degrees);
	const second = (5 * Z975 ** 5 + 16 * Z975 ** 3 + 3 * Z975) / (96 * degrees ** 2);
	return T975[degrees] ?? Z975 + first + second;
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
