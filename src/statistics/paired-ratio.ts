import { type Coverage, type Estimate, studentT } from './estimate.ts';
import { median, quantile } from './percentile.ts';

/** The ratio of two durations, from rounds in which both were measured. */
export interface PairedRatio {
	/** Above 1 if the first took longer. */
	readonly ratio: number;
	/** Absent if there are fewer than three rounds. */
	readonly interval?: RatioInterval;
	/** Rounds in which both ran. */
	readonly rounds: number;
	/** Rounds in which the first took longer. */
	readonly longer: number;
}

export interface RatioInterval {
	readonly low: number;
	readonly high: number;
	/** Coverage, from 0 to 1; that of the exact interval is at least the requested one. */
	readonly coverage: number;
	readonly method: 'signed-rank' | 'student-t';
}

const MIN_ROUNDS = 3;

/**
 * Compares two durations measured in the same rounds: an effect that slows a whole round cancels in the
 * ratio of its pair.
 *
 * @param pairs - Durations of the first and of the second, for each round that has both; not empty.
 */
export function pairedRatio(
	pairs: readonly (readonly [number, number])[],
	wanted: Coverage = 0.95,
): PairedRatio {
	const logs = pairs.map(([first, second]) => Math.log(first / second));
	const counts = { rounds: pairs.length, longer: logs.filter((log) => log > 0).length };
	if (logs.length < MIN_ROUNDS) {
		return { ratio: Math.exp(median(logs)), ...counts };
	}

	const signedRank = hodgesLehmann(logs, wanted);
	const { value, lower, upper, coverage } = signedRank ?? studentT(logs, wanted);
	return {
		ratio: Math.exp(value),
		interval: {
			low: Math.exp(lower),
			high: Math.exp(upper),
			coverage,
			method: signedRank === undefined ? 'student-t' : 'signed-rank',
		},
		...counts,
	};
}

/** A ratio with its bounds; without an interval, they equal the ratio. */
export function boundsOf({ ratio, interval }: Pick<PairedRatio, 'ratio' | 'interval'>): {
	readonly ratio: number;
	readonly lower: number;
	readonly upper: number;
} {
	return { ratio, lower: interval?.low ?? ratio, upper: interval?.high ?? ratio };
}

/**
 * The Hodges–Lehmann estimate of the centre of symmetry and its exact signed-rank interval.
 *
 * @param coverage - From 0 to 1; the interval covers at least that.
 * @returns `undefined` if there are too few observations for such an interval.
 * @see Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", sections 3.2 and 3.3.
 */
export function hodgesLehmann(sample: readonly number[], coverage: number): Estimate | undefined {
	const bounds: SignedRankBounds | undefined = signedRankBounds(sample.length, coverage);
	if (bounds === undefined) {
		return undefined;
	}
	const averages = walshAverages(sample);
	return {
		value: quantile(averages, 0.5),
		lower: averages[bounds.outside] as number,
		upper: averages[averages.length - 1 - bounds.outside] as number,
		coverage: bounds.coverage,
	};
}

/** The means of all pairs, including each observation with itself, ascending. */
function walshAverages(sample: readonly number[]): Float64Array {
	const averages = new Float64Array((sample.length * (sample.length + 1)) / 2);
	let at = 0;
	for (let i = 0; i < sample.length; i += 1) {
		for (let j = i; j < sample.length; j += 1) {
			averages[at] = ((sample[i] as number) + (sample[j] as number)) / 2;
			at += 1;
		}
	}
	return averages.sort();
}

/**
 * The exact null distribution of Wilcoxon's signed-rank statistic, for `n` differences without ties.
 *
 * @returns Element `w` is P(W ≤ w); `n (n + 1) / 2 + 1` elements.
 */
export function signedRankDistribution(n: number): Float64Array {
	const largest = (n * (n + 1)) / 2;
	const mass = new Float64Array(largest + 1);
	mass[0] = 1;
	// Each rank is included with probability 1/2. Halving at each step keeps the mass within a double.
	for (let rank = 1; rank <= n; rank += 1) {
		for (let sum = (rank * (rank + 1)) / 2; sum >= 0; sum -= 1) {
			const without = mass[sum] as number;
			const withIt = sum >= rank ? (mass[sum - rank] as number) : 0;
			mass[sum] = (without + withIt) / 2;
		}
	}

	let total = 0;
	return mass.map((probability) => {
		total += probability;
		return total;
	});
}

/** The position of the interval of a sample among its Walsh averages. */
interface SignedRankBounds {
	/** Number of averages outside at each end. */
	readonly outside: number;
	/** Coverage of the interval; at least the requested one. */
	readonly coverage: number;
}

/**
 * @param coverage - From 0 to 1.
 * @returns `undefined` if there are too few differences for such an interval: 0.95 needs six.
 */
export function signedRankBounds(n: number, coverage: number): SignedRankBounds | undefined {
	const tail = (1 - coverage) / 2;
	const atMost = signedRankDistribution(n);
	// P(W <= outside) must not exceed the tail; the interval starts at the next average.
	const outside = atMost.findLastIndex((probability) => probability <= tail + 1e-12);
	if (outside < 0) {
		return undefined;
	}
	return { outside, coverage: 1 - 2 * (atMost[outside] as number) };
}
