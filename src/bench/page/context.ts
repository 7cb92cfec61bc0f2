import type { Analysis } from '../analysis/analysis.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Waits } from '../analysis/ideal.ts';
import type { Measured, Run } from '../results.ts';
import type { Colours } from './style.ts';

export interface PageContext {
	readonly measured: Measured;
	readonly analysis: Analysis;
	readonly colour: Colours;
	readonly waits: Waits;
}

export interface MedianRun {
	readonly cell: CellAnalysis;
	readonly run: Run;
}

/** The median runs of those cells whose requests are known. */
export function medianRuns(
	{ measured }: PageContext,
	cells: readonly CellAnalysis[],
): readonly MedianRun[] {
	return cells.flatMap((cell) => {
		const run = cell.typicalRun === undefined ? undefined : measured.runs[cell.typicalRun];
		return run === undefined || run.attempts.length === 0 ? [] : [{ cell, run }];
	});
}

/** Cells with times, by their number of slots, ascending. */
export function bySlots(
	cells: readonly CellAnalysis[],
): readonly (readonly [number, readonly CellAnalysis[]])[] {
	const timed = cells.filter(({ time }) => time !== undefined);
	const slots = [...new Set(timed.map(({ cell }) => cell.concurrency))].sort((a, b) => a - b);
	return slots.map((count) => [count, timed.filter(({ cell }) => cell.concurrency === count)]);
}

export function namesOf(cells: readonly CellAnalysis[]): readonly string[] {
	return [...new Set(cells.map(({ cell }) => cell.name))];
}
