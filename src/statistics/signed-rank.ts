/**
 * The exact null distribution of Wilcoxon's signed-rank statistic, for `n` differences without ties.
 *
 * @returns Element `w` is P(W ≤ w); `n (n + 1) / 2 + 1` elements.
 */
export function signedRankDistribution(n: number): Float64Array {
	const largest = (n * (n + 1)) / 2;
	const mass = new Float64Array(largest + 1);
	mass[0] = 1;
	// Each rank counts or not, with probability one half each. Halving as we go keeps it within a double.
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

/** Where the interval of a sample lies among its Walsh averages. */
export interface SignedRankBounds {
	/** How many of the smallest, and of the largest, lie outside. */
	readonly outside: number;
	/** What the interval really covers; at least what was asked for. */
	readonly coverage: number;
}

/**
 * @param coverage - From 0 to 1.
 * @returns `undefined` where so few differences cannot give such an interval: 0.95 takes six.
 */
export function signedRankBounds(n: number, coverage: number): SignedRankBounds | undefined {
	const tail = (1 - coverage) / 2;
	const atMost = signedRankDistribution(n);
	// W of outside or less has to be rare enough; the interval begins at the average after them.
	const outside = atMost.findLastIndex((probability) => probability <= tail + 1e-12);
	if (outside < 0) {
		return undefined;
	}
	return { outside, coverage: 1 - 2 * (atMost[outside] as number) };
}
