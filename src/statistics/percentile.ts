/** Observations that must lie beyond a percentile for it to be meaningful. */
const MIN_BEYOND = 5;

/**
 * The type 7 quantile of Hyndman and Fan: linear interpolation between the two nearest observations, the
 * default of R and NumPy.
 *
 * @param sorted - Ascending, not empty.
 * @param p - From 0 to 1.
 * @see Hyndman and Fan (1996), "Sample Quantiles in Statistical Packages", The American Statistician 50.
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
	if (sorted.length === 0) {
		throw new RangeError('an empty sample has no quantile');
	}
	const position = (sorted.length - 1) * p;
	const below = Math.floor(position);
	const lower = sorted[below] as number;
	const upper = sorted[Math.min(below + 1, sorted.length - 1)] as number;
	// Avoids Infinity - Infinity: failures count as infinitely late.
	return lower === upper ? lower : lower + (upper - lower) * (position - below);
}

export function quartiles(sorted: ArrayLike<number>): [number, number, number] {
	return [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
}

export function median(values: readonly number[]): number {
	return quantile(ascending(values), 0.5);
}

/**
 * @returns `undefined` if fewer than five observations lie beyond it: the p99 of 120 requests describes a
 *   single request.
 */
export function supportedPercentile(sorted: ArrayLike<number>, p: number): number | undefined {
	// In doubles, 500 × (1 - 0.99) may be slightly less than 5.
	const beyond = sorted.length * (1 - p) + 1e-9;
	return beyond < MIN_BEYOND ? undefined : quantile(sorted, p);
}

export function ascending(values: Iterable<number>): Float64Array {
	return Float64Array.from(values).sort();
}

/** `severe`: beyond three interquartile ranges. */
export type Outlier = 'mild' | 'severe';

/** Quartiles of fewer values are meaningless. */
const MIN_VALUES = 5;
const MILD_IQR = 1.5;
const SEVERE_IQR = 3;
/** Factor from the median absolute deviation of a normal sample to its standard deviation. */
const NORMAL_MAD = 1.4826;
/** Limit of the modified z-score: Iglewicz and Hoaglin (1993). */
const MODIFIED_Z = 3.5;
/** A deviation below this share of the median is timer noise. */
const NEGLIGIBLE = 0.01;

/**
 * Marks values outside Tukey's fences, or too many median absolute deviations away. Callers keep marked
 * values in their statistics.
 *
 * @returns One element for each of `values`.
 */
export function markOutliers(values: readonly number[]): readonly (Outlier | undefined)[] {
	if (values.length < MIN_VALUES) {
		return values.map(() => undefined);
	}
	const sorted = ascending(values);
	const [first, centre, third] = quartiles(sorted);
	const spread = third - first;
	const mad = NORMAL_MAD * median(values.map((value) => Math.abs(value - centre)));

	return values.map((value) => {
		const beyond = Math.max(first - value, value - third);
		if (Math.abs(value - centre) <= NEGLIGIBLE * centre) {
			return undefined;
		}
		if (beyond > SEVERE_IQR * spread) {
			return 'severe';
		}
		if (beyond > MILD_IQR * spread) {
			return 'mild';
		}
		return Math.abs(value - centre) > MODIFIED_Z * mad ? 'mild' : undefined;
	});
}
