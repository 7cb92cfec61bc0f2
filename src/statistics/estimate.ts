import { ascending, quantile } from './percentile.ts';

/** A statistic of a sample. */
export type SampleStat =
	| { readonly of: 'percentile'; readonly percent: number }
	| { readonly of: 'min' | 'max' | 'mean' };

/** A value with the bounds of its interval, which are equal if the value is exact. */
export type IntervalEstimate = Omit<Estimate, 'coverage'>;

/** With fewer samples no interval of order statistics covers 95 %, not even for the median. */
export const MIN_SAMPLES = 6;

/**
 * A statistic of a sample with its 95 % interval. Minimum and maximum describe the sample itself and are
 * exact.
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
	if (sorted.length < MIN_SAMPLES) {
		return undefined;
	}
	return stat.of === 'percentile'
		? percentile(sorted, stat.percent / 100)
		: studentT(Array.from(sorted));
}

/**
 * The 95 % interval of a percentile between order statistics. If too few observations lie beyond the
 * percentile, the interval ends at the last one: p(95) of 40 reaches up to the largest.
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

/** An estimate with an interval around it, on the scale of the sample. */
export interface Estimate {
	readonly value: number;
	readonly lower: number;
	readonly upper: number;
	readonly coverage: number;
}

export type Coverage = 0.95 | 0.98;

const Z975 = 1.96;

interface Quantiles {
	/** Quantile of the standard normal distribution. */
	readonly z: number;
	/** Quantiles of Student's t for the degrees of freedom at which the expansion is too inaccurate. */
	readonly t: Readonly<Record<number, number>>;
}

const QUANTILES: Readonly<Record<Coverage, Quantiles>> = {
	0.95: { z: Z975, t: { 2: 4.3026527, 3: 3.1824463, 4: 2.7764451 } },
	0.98: { z: 2.3263, t: { 2: 6.9645567, 3: 4.5407029, 4: 3.7469474, 5: 3.36493 } },
};

/**
 * The mean with Student's interval, which assumes normally distributed observations or a large sample.
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

/** Accurate to 1.2 %: tabulated, or the expansion of Abramowitz and Stegun, 26.7.5. */
function quantileOfT(degrees: number, coverage: Coverage): number {
	const { z, t } = QUANTILES[coverage];
	const first = (z ** 3 + z) / (4 * degrees);
	const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
	return t[degrees] ?? z + first + second;
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
