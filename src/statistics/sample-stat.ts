import { ascending, quantile } from './percentile.ts';
import { studentT, Z975 } from './student-t.ts';

/** One number that sums up many observations. */
export type SampleStat =
	| { readonly of: 'percentile'; readonly percent: number }
	| { readonly of: 'min' | 'max' | 'mean' };

/** A number and what it may as well be; equal bounds where there is no doubt. */
export interface Ranged {
	readonly value: number;
	readonly lo: number;
	readonly hi: number;
}

/** With fewer, no interval of order statistics covers 95 %, not even for the median. */
export const SAMPLES_MIN = 6;

/**
 * A stat of observations with its 95 % interval. Minimum and maximum are what they are: a statement
 * about these observations.
 *
 * @returns `undefined` where there are too few observations for an interval.
 */
export function statOfSamples(values: readonly number[], stat: SampleStat): Ranged | undefined {
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
	if (sorted.length < SAMPLES_MIN) {
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
	const half = Z975 * Math.sqrt(n * p * (1 - p));
	const rank = (wanted: number) => sorted[Math.min(n, Math.max(1, wanted)) - 1] as number;
	return {
		value: quantile(sorted, p),
		lo: rank(Math.floor(n * p - half)),
		hi: rank(Math.ceil(n * p + half) + 1),
	};
}

function mean(sorted: Float64Array): Ranged {
	const { value, low, high } = studentT(Array.from(sorted));
	return { value, lo: low, hi: high };
}
