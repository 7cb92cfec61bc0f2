import { ascending, quantile } from './percentile.ts';
import { type Estimate, studentT, Z975 } from './student-t.ts';

/** One number that sums up many observations. */
export type SampleStat =
	| { readonly of: 'percentile'; readonly percent: number }
	| { readonly of: 'min' | 'max' | 'mean' };

/** A number with the bounds of its interval; they are equal if the number is exact. */
export type IntervalEstimate = Omit<Estimate, 'coverage'>;

/** With fewer samples no interval of order statistics covers 95 %, not even for the median. */
export const SAMPLES_MIN = 6;

/**
 * A stat of observations with its 95 % interval. Minimum and maximum describe these observations and
 * are exact.
 *
 * @returns `undefined` if there are too few observations for an interval.
 */
export function statOfSamples(
	values: readonly number[],
	stat: SampleStat,
): IntervalEstimate | undefined {
	const sorted = ascending(values);
	const first = sorted.at(0);
	const last = sorted.at(-1);
	if (first === undefined || last === undefined) {
		return undefined;
	}
	if (stat.of === 'min') {
		return { value: first, lower: first, upper: first };
	}
	if (stat.of === 'max') {
		return { value: last, lower: last, upper: last };
	}
	if (sorted.length < SAMPLES_MIN) {
		return undefined;
	}
	return stat.of === 'percentile'
		? percentile(sorted, stat.percent / 100)
		: studentT(Array.from(sorted));
}

/**
 * The interval between the order statistics that enclose the percentile 95 times in 100. If too few lie
 * beyond it, the interval ends with the observations: p(95) of 40 reaches up to the largest.
 *
 * @see Hahn and Meeker, "Statistical Intervals", section 5.2.
 */
function percentile(sorted: Float64Array, p: number): IntervalEstimate {
	const n = sorted.length;
	const half = Z975 * Math.sqrt(n * p * (1 - p));
	const rank = (wanted: number) => sorted[Math.min(n, Math.max(1, wanted)) - 1] as number;
	return {
		value: quantile(sorted, p),
		lower: rank(Math.floor(n * p - half)),
		upper: rank(Math.ceil(n * p + half) + 1),
	};
}
