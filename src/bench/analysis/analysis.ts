import type { PairedRatio } from '../../statistics/paired-ratio.ts';
import type { BoundBy } from '../ideal/bound-by.ts';
import type { Ideal } from '../ideal/ideal.ts';
import type { Cell, MarkedRun, Measured } from '../results.ts';
import { analyseCell, type CellContext } from './analyse-cell.ts';
import { type Clock, clockOf } from './clock.ts';
import { type Judgement, judgements } from './judgement.ts';
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

export interface CellAnalysis {
	readonly cell: Cell;
	/** Of its runs, how many ended well, and how many not. */
	readonly good: number;
	readonly bad: number;
	/** By `clock`; absent where no run ended well. */
	readonly time?: { readonly medianMs: number; readonly minMs: number; readonly maxMs: number };
	/** From first request to last file. */
	readonly wallMs?: number;
	readonly startUpMs?: number;
	readonly processMs?: number;
	/** Against the baseline: how many times as fast. Absent for the baseline itself. */
	readonly speedUp?: PairedRatio;
	/** The same by the time of the whole process. */
	readonly processSpeedUp?: PairedRatio;
	/** Of the run in the middle. */
	readonly ideal?: Ideal;
	/** Ideal over wall, from 0 to about 1. */
	readonly efficiency?: number;
	readonly boundBy?: BoundBy;
	/** Requests in flight, on average. */
	readonly inFlight?: number;
	/** From slot to last byte of the requests that succeeded, of all rounds. */
	readonly latency: readonly Percentile[];
	/** How many those are. */
	readonly latencies: number;
	readonly requests?: number;
	readonly retries?: number;
	/** Files that could not be had. */
	readonly missing: number;
	readonly connections?: number;
	readonly cpuMs?: number;
	readonly maxRssBytes?: number;
	readonly eventLoopDelayP99Ms?: number;
	readonly serverUtilization?: number;
	readonly clientUtilization?: number;
	/** Index in `runs` of the one whose time is in the middle. */
	readonly typicalRun?: number;
	readonly outliers: readonly MarkedRun[];
}

export interface Percentile {
	/** 0.5, 0.9, … */
	readonly p: number;
	/** Absent where fewer than five requests lie beyond it. */
	readonly ms?: number;
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
