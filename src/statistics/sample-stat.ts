import { ascending, quantile } from './percentile.ts';
import type { Stat } from '../thresholds/threshold.ts';

/** A number and what it may as well be; equal bounds where there is no doubt. */
export interface Ranged {
	readonly value: number;
	readonly lo: number;
	readonly hi: number;
}

/** With fewer, no interval of order statistics covers 95 %, not even for the median. */
export const FEWEST = 6;

/** Of the normal distribution, for 95 %. */
const Z = 1.96;

/**
 * A stat of observations with its 95 % interval. Minimum and maximum are what they are: a statement
 * about these observations.
 *
 * @returns `undefined` where there are too few observations for an interval.
 */
export function statOfSamples(values: readonly number[], stat: Stat): Ranged | undefined {
	const sorted = ascending(values);
	const first = sorted.at(0);
	const last = sorted.at(-1);
	if (first === undefined || last === undefined) {
		return undefined;
	}
	if (stat.of === 'min') {
		return { value: first, lo: first, hi: first };
	}
	if (stat.of === 'max') {
		return { value: last, lo: last, hi: last };
	}
	if (sorted.length < FEWEST) {
		return undefined;
	}
	return stat.of === 'percentile' ? percentile(sorted, stat.percent / 100) : mean(sorted);
}

/**
 * Between the order statistics that have the percentile between them 95 times in 100. Where too few
 * lie beyond it the interval ends with the observations: p(95) of 40 reaches up to the largest.
 *
 * @see Hahn and Meeker, "Statistical Intervals", section 5.2.
 */
function percentile(sorted: Float64Array, p: number): Ranged {
	const n = sorted.length;
	const half = Z * Math.sqrt(n * p * (1 - p));
	const rank = (wanted: number) => sorted[Math.min(n, Math.max(1, wanted)) - 1] as number;
	return {
		value: quantile(sorted, p),
		lo: rank(Math.floor(n * p - half)),
		hi: rank(Math.ceil(n * p + half) + 1),
	};
}

function mean(sorted: Float64Array): Ranged {
	const n = sorted.length;
	const value = sorted.reduce((sum, x) => sum + x, 0) / n;
	const variance = sorted.reduce((sum, x) => sum + (x - value) ** 2, 0) / (n - 1);
	const half = t975(n - 1) * Math.sqrt(variance / n);
	return { value, lo: value - half, hi: value + half };
}

/** Student's t, to 1 % from 5 degrees of freedom: Abramowitz and Stegun, 26.7.5. */
function t975(degrees: number): number {
	const first = (Z ** 3 + Z) / (4 * degrees);
	const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * degrees ** 2);
	return Z + first + second;
}
