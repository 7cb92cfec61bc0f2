/** Observations beyond a percentile that are needed before it says anything about more than them. */
const SUPPORT = 5;

/**
 * The quantile of type 7 of Hyndman and Fan: linear between the two nearest observations, as R and
 * NumPy do by default.
 *
 * @param sorted - Ascending, at least one.
 * @param p - From 0 to 1.
 * @see Hyndman and Fan (1996), "Sample Quantiles in Statistical Packages", The American Statistician 50.
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
	if (sorted.length === 0) {
		throw new RangeError('there is no quantile of nothing');
	}
	const position = (sorted.length - 1) * p;
	const below = Math.floor(position);
	const low = sorted[below] as number;
	const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
	// Infinity minus infinity is no number, and failures are counted as infinitely late.
	return low === high ? low : low + (high - low) * (position - below);
}

export function median(values: readonly number[]): number {
	return quantile(ascending(values), 0.5);
}

/**
 * @returns `undefined` where fewer than five observations lie beyond it: a p99 of 120 requests is the
 *   story of one of them.
 */
export function supportedPercentile(sorted: ArrayLike<number>, p: number): number | undefined {
	// Of doubles, 500 × (1 - 0.99) may be a little less than 5.
	const beyond = sorted.length * (1 - p) + 1e-9;
	return beyond < SUPPORT ? undefined : quantile(sorted, p);
}

/** A sorted copy. */
export function ascending(values: Iterable<number>): Float64Array {
	return Float64Array.from(values).sort();
}
