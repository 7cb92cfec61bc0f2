import { quantile } from './percentile.ts';
import { type SignedRankBounds, signedRankBounds } from './signed-rank.ts';

/** An estimate with an interval around it, on the scale of the sample. */
export interface Estimate {
	readonly value: number;
	readonly low: number;
	readonly high: number;
	/** What the interval covers, from 0 to 1. */
	readonly coverage: number;
}

/**
 * The Hodges–Lehmann estimate of the centre of symmetry and its exact signed-rank interval.
 *
 * @param coverage - From 0 to 1; the interval covers at least that.
 * @returns `undefined` where there are too few observations for such an interval.
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
		low: averages[bounds.outside] as number,
		high: averages[averages.length - 1 - bounds.outside] as number,
		coverage: bounds.coverage,
	};
}

/** The means of all pairs, each observation with itself included, ascending. */
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
