import { type PairedRatio, pairedRatio } from '../../statistics/paired-ratio.ts';
import type { Cell, Measured } from '../results.ts';
import { BUSY_SERVER } from './bound-by.ts';
import type { CellAnalysis } from './cell-analysis.ts';
import { type Clock, pairs } from './clock.ts';

/** The comparison of two contestants, each at its best concurrency. */
export interface Judgement {
	readonly kind: 'faster' | 'no-difference' | 'too-few-rounds';
	/** The faster one. */
	readonly winner: Cell;
	readonly other: Cell;
	/** Time of the other over time of the winner. */
	readonly ratio: PairedRatio;
	/** The same by the time of the whole process, if the clock is another one. */
	readonly processRatio?: PairedRatio;
}

/**
 * Compares the fastest strategy with each of the others, and then with the peers, each at its best
 * concurrency.
 */
export function judgements(
	measured: Measured,
	cells: readonly CellAnalysis[],
	clock: Clock,
): readonly Judgement[] {
	const best = bestOfEach(cells.filter((cell) => !isServerBound(cell)));
	const isPeer = ({ cell }: CellAnalysis) => cell.kind === 'peer';
	const [winner, ...others] = [...best.filter((one) => !isPeer(one)), ...best.filter(isPeer)];
	if (winner === undefined) {
		return [];
	}
	return others.flatMap((other) => compare(measured, winner.cell, other.cell, clock) ?? []);
}

function compare(
	measured: Measured,
	winner: Cell,
	other: Cell,
	clock: Clock,
): Judgement | undefined {
	const ratioBy = (by: Clock) => {
		const both = pairs(measured, other.id, winner.id, by);
		return both.length === 0 ? undefined : pairedRatio(both);
	};
	const ratio = ratioBy(clock);
	if (ratio === undefined) {
		return undefined;
	}
	// A peer may be faster; if medians and pairs disagree, the pairs are right.
	if ((ratio.interval?.high ?? ratio.ratio) < 1) {
		return compare(measured, other, winner, clock);
	}
	const processRatio = clock === 'processMs' ? undefined : ratioBy('processMs');
	return { kind: kindOf(ratio), winner, other, ratio, ...(processRatio && { processRatio }) };
}

/** Whether the server was so busy that a comparison would measure the server. */
export function isServerBound({ serverUtilization = 0 }: CellAnalysis): boolean {
	return serverUtilization > BUSY_SERVER;
}

/** The fastest cell of each name, the fastest first. */
function bestOfEach(cells: readonly CellAnalysis[]): readonly CellAnalysis[] {
	const best = new Map<string, CellAnalysis>();
	const timed = cells.filter(({ time }) => time !== undefined);
	for (const cell of timed.sort((one, other) => medianMs(one) - medianMs(other))) {
		if (!best.has(cell.cell.name)) {
			best.set(cell.cell.name, cell);
		}
	}
	return [...best.values()];
}

function medianMs({ time }: CellAnalysis): number {
	return time?.medianMs ?? Number.POSITIVE_INFINITY;
}

function kindOf({ interval }: PairedRatio): Judgement['kind'] {
	if (interval === undefined) {
		return 'too-few-rounds';
	}
	return interval.low > 1 ? 'faster' : 'no-difference';
}
