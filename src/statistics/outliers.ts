import { ascending, median, quartiles } from './percentile.ts';

/** `severe`: beyond three interquartile ranges. */
export type Outlier = 'mild' | 'severe';

/** Quartiles of fewer values are meaningless. */
const VALUES_MIN = 5;
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
 * values: they were measured.
 *
 * @returns One element for each of `values`.
 */
export function markOutliers(values: readonly number[]): readonly (Outlier | undefined)[] {
	if (values.length < VALUES_MIN) {
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
