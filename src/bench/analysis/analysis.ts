import type { Judgement as ThresholdJudgement } from '../../thresholds/judge.ts';
import type { Cell, Measured } from '../results.ts';
import { analyseCell, type CellAnalysis, type CellContext } from './cell-analysis.ts';
import { type Clock, clockOf } from './clock.ts';
import type { Judgement } from './judgements.ts';
import { advise, type Recommendation } from './recommendation.ts';
import { backOffs } from './work-of-run.ts';

/** The analysis of the measurements. Plain data; times are medians in milliseconds unless stated otherwise. */
export interface Analysis {
	/** `processMs` if it is the only time known of some peer. */
	readonly clock: Clock;
	/** Id of the cell that all others are compared with. */
	readonly baseline?: string;
	readonly cells: readonly CellAnalysis[];
	/** Differences of times below this share are none: 0.02. */
	readonly margin: number;
	/** The recommended cell against the others. */
	readonly judgements: readonly Judgement[];
	readonly recommendation: Recommendation;
	/** The verdicts on `--threshold`, if there were any. */
	readonly thresholds?: readonly ThresholdVerdict[];
}

export interface ThresholdVerdict extends Pick<ThresholdJudgement, 'verdict' | 'runs'> {
	readonly text: string;
	readonly why?: string;
}

/** The default of `--margin`. */
const MARGIN = 0.02;

export function analyse(measured: Measured, margin: number = MARGIN): Analysis {
	const clock = clockOf(measured);
	const baseline = baselineOf(measured);
	const context: CellContext = { measured, clock, baseline, waits: backOffs(measured) };
	const cells = measured.cells.map((cell) => analyseCell(cell, context));
	return {
		clock,
		...(baseline !== undefined && { baseline: baseline.id }),
		margin,
		cells,
		...advise(cells, { measured, clock, margin }),
	};
}

/** The cell of `sequential`, or else the first cell with a completed run. */
function baselineOf({ cells, runs }: Measured): Cell | undefined {
	const usable = cells.filter(({ id }) =>
		runs.some(({ cell, status }) => cell === id && status === 'ok'),
	);
	return usable.find(({ name }) => name === 'sequential') ?? usable[0];
}
