import { hodgesLehmann } from './hodges-lehmann.ts';
import { median } from './percentile.ts';
import { type Coverage, studentT } from './student-t.ts';

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
	/** Coverage, from 0 to 1; the exact interval has at least what was asked for. */
	readonly coverage: number;
	readonly method: 'signed-rank' | 'student-t';
}

const T_MIN = 3;

/**
 * Compares two durations measured in the same rounds: what slows a whole round down cancels in the
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
	if (logs.length < T_MIN) {
		return { ratio: Math.exp(median(logs)), ...counts };
	}

	const ranks = hodgesLehmann(logs, wanted);
	const { value, lower, upper, coverage } = ranks ?? studentT(logs, wanted);
	return {
		ratio: Math.exp(value),
		interval: {
			low: Math.exp(lower),
			high: Math.exp(upper),
			coverage,
			method: ranks === undefined ? 'student-t' : 'signed-rank',
		},
		...counts,
	};
}

/** A ratio with its interval; without one the bounds are the ratio. */
export function boundsOf({ ratio, interval }: Pick<PairedRatio, 'ratio' | 'interval'>): {
	readonly ratio: number;
	readonly lower: number;
	readonly upper: number;
} {
	return { ratio, lower: interval?.low ?? ratio, upper: interval?.high ?? ratio };
}
