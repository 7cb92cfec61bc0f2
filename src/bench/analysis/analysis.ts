import type { Cell, Measured } from '../results.ts';
import { analyseCell, type CellAnalysis, type CellContext } from './cell-analysis.ts';
import { type Clock, clockOf } from './clock.ts';
import { type Judgement, judgements } from './judgements.ts';
import { backOffs } from './work-of-run.ts';

/** What was made of the measurements. Plain data; times in milliseconds, medians unless said otherwise. */
export interface Analysis {
	/** `processMs` where there are peers of which nothing else is known. */
	readonly clock: Clock;
	/** Id of the cell that the others are compared with. */
	readonly baseline?: string;
	readonly cells: readonly CellAnalysis[];
	readonly judgements: readonly Judgement[];
}

export function analyse(measured: Measured): Analysis {
	const clock = clockOf(measured);
	const baseline = baselineOf(measured);
	const context: CellContext = { measured, clock, baseline, waits: backOffs(measured) };
	const cells = measured.cells.map((cell) => analyseCell(cell, context));
	return {
		clock,
		...(baseline !== undefined && { baseline: baseline.id }),
		cells,
		judgements: judgements(measured, cells, clock),
	};
}

/** One file at a time, by whoever does that first; else the first of the cells. */
function baselineOf({ cells, runs }: Measured): Cell | undefined {
	const usable = cells.filter(({ id }) =>
		runs.some(({ cell, status }) => cell === id && status === 'ok'),
	);
	return usable.find(({ name }) => name === 'sequential') ?? usable[0];
}
