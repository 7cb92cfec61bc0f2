import type * as v from 'valibot';
import type { cellAnalysis, markedRun } from '../../schema/bench-results.ts';
import { pairedRatio } from '../../statistics/paired-ratio.ts';
import {
	ascending,
	markOutliers,
	median,
	quantile,
	quartiles,
	supportedPercentile,
} from '../../statistics/percentile.ts';
import type { DeepReadonly } from '../../util/members.ts';
import { present } from '../../util/members.ts';
import type { Cell, Measured, Run } from '../results.ts';
import { type Clock, completedRuns, pairs, slotEndMs } from '../results.ts';
import { boundBy, waitingMs } from './bound-by.ts';
import { idealOf, type Waits, workOf } from './ideal.ts';

export type CellAnalysis = DeepReadonly<v.InferOutput<typeof cellAnalysis>>;

export type TimeOfRuns = NonNullable<CellAnalysis['time']>;

export type Percentile = CellAnalysis['latency'][number];

/** An outlier among the runs of a cell. */
export type MarkedRun = DeepReadonly<v.InferOutput<typeof markedRun>>;

export interface CellContext {
	readonly measured: Measured;
	readonly clock: Clock;
	readonly baseline: Cell | undefined;
	readonly waits: Waits;
}

const PERCENTILES = [0.5, 0.9, 0.95, 0.99];

export function analyseCell(cell: Cell, context: CellContext): CellAnalysis {
	const { measured, clock } = context;
	const all = measured.runs.filter((run) => run.cell === cell.id);
	const good = completedRuns(measured, cell.id);
	const times = good.flatMap((run) => run[clock] ?? []);
	const latencies = ascending(good.flatMap(latenciesOf));
	const medianRun = medianRunOf(good, clock);
	const middle = (value: (run: Run) => number | undefined) => medianOf(good, value);

	return {
		cell,
		good: good.length,
		bad: all.length - good.length,
		...(times.length > 0 && { time: timeOf(times) }),
		...present({
			wallMs: middle(({ wallMs }) => wallMs),
			startUpMs: middle(({ startUpMs }) => startUpMs),
			processMs: middle(({ processMs }) => processMs),
			requests: middle(({ requests }) => requests),
			retries: middle(({ retries }) => retries),
			connections: middle(({ connections }) => connections),
			cpuMs: middle(({ cpuMs }) => cpuMs),
			maxRssBytes: middle(({ maxRssBytes }) => maxRssBytes),
			eventLoopDelayP99Ms: middle(({ eventLoopDelay }) => eventLoopDelay?.p99Ms),
			serverUtilization: middle(({ server }) => server?.utilization),
			clientUtilization: middle((run) => utilization(run, cell, measured.environment.cores)),
			inFlight: middle(inFlight),
		}),
		...speedUps(cell, context),
		...(medianRun && {
			typicalRun: measured.runs.indexOf(medianRun),
			...limits(medianRun, cell, context),
		}),
		latency: PERCENTILES.map((p) => {
			const ms = supportedPercentile(latencies, p);
			return { p, ...(ms !== undefined && { ms }) };
		}),
		latencies: latencies.length,
		missing: middle((run) => measured.work.files.length - run.files) ?? 0,
		outliers: markRuns(good, clock),
	};
}

function speedUps(
	cell: Cell,
	{ measured, clock, baseline }: CellContext,
): Pick<CellAnalysis, 'speedUp' | 'processSpeedUp'> {
	if (baseline === undefined || baseline.id === cell.id) {
		return {};
	}
	const ratio = (by: Clock) => {
		const both = pairs(measured, baseline.id, cell.id, by);
		return both.length === 0 ? undefined : pairedRatio(both);
	};
	return present({ speedUp: ratio(clock), processSpeedUp: ratio('processMs') });
}

function limits(
	medianRun: Run,
	cell: Cell,
	{ measured, waits }: CellContext,
): Pick<CellAnalysis, 'ideal' | 'efficiency' | 'boundBy'> {
	const { work, environment } = measured;
	const idealOfRun = (run: Run) => idealOf(workOf(run, cell, waits, work));
	const good = completedRuns(measured, cell.id).filter(({ attempts }) => attempts.length > 0);
	const efficiency = medianOf(good, (run) => run.wallMs && idealOfRun(run).ms / run.wallMs);
	const { wallMs, server } = medianRun;
	if (wallMs === undefined || medianRun.attempts.length === 0) {
		return {};
	}

	const ideal = idealOfRun(medianRun);
	return {
		ideal,
		...present({ efficiency }),
		boundBy: boundBy({
			ideal,
			wallMs,
			clientUtilization: medianOf(good, (run) => utilization(run, cell, environment.cores)),
			serverUtilization: medianOf(good, (run) => run.server?.utilization),
			refused: server?.refused ?? 0,
			waitingMs: waitingMs(medianRun, cell.concurrency),
		}),
	};
}

function timeOf(times: readonly number[]): TimeOfRuns {
	const sorted = ascending(times);
	const [first, medianMs, third] = quartiles(sorted);
	return {
		medianMs,
		minMs: quantile(sorted, 0),
		maxMs: quantile(sorted, 1),
		spread: Math.round(((third - first) / 2 / medianMs) * 1000) / 1000,
	};
}

/** Processor time without the start, over the processor time available to the active threads. */
function utilization(
	{ cpuMs, wallMs }: Run,
	{ threads = 0, startCpuMs }: Cell,
	cores: number,
): number | undefined {
	if (cpuMs === undefined || wallMs === undefined || startCpuMs === undefined) {
		return undefined;
	}
	const activeThreads = Math.min(cores, threads + 1);
	return Math.max(0, cpuMs - startCpuMs) / (wallMs * activeThreads);
}

/** Little's law: time of all requests in flight over wall time. */
function inFlight({ attempts, wallMs }: Run): number | undefined {
	if (wallMs === undefined || attempts.length === 0) {
		return undefined;
	}
	return attempts.reduce((sum, one) => sum + slotEndMs(one) - one.startMs, 0) / wallMs;
}

function latenciesOf({ attempts }: Run): readonly number[] {
	return attempts.flatMap(({ startMs, bodyMs, status = 0, code }) =>
		bodyMs !== undefined && code === undefined && status < 300 ? [bodyMs - startMs] : [],
	);
}

function medianRunOf(runs: readonly Run[], clock: Clock): Run | undefined {
	const sorted = [...runs].sort((one, other) => (one[clock] ?? 0) - (other[clock] ?? 0));
	return sorted[(sorted.length - 1) >> 1];
}

function medianOf(
	runs: readonly Run[],
	value: (run: Run) => number | undefined,
): number | undefined {
	const values = runs.flatMap((run) => value(run) ?? []);
	return values.length === 0 ? undefined : median(values);
}

/** Marks the outliers among the runs of a cell, with what else was unusual about them. */
function markRuns(runs: readonly Run[], clock: Clock): readonly MarkedRun[] {
	const times = runs.map((run) => run[clock] ?? 0);
	const marks = markOutliers(times);
	return runs.flatMap((run, index) => {
		const outlier = marks[index];
		if (outlier === undefined) {
			return [];
		}
		const factor = Math.round(((times[index] ?? 0) / median(times)) * 1000) / 1000;
		return [{ round: run.round, outlier, factor, seen: unusualIn(run, runs) }];
	});
}

interface Symptom {
	readonly value: (run: Run) => number | undefined;
	/** Multiple of the median that is unusual. */
	readonly factor: number;
	/** Smaller values are never unusual. */
	readonly min: number;
	readonly text: (value: number) => string;
}

const SYMPTOMS: readonly Symptom[] = [
	{
		value: ({ eventLoopDelay }) => eventLoopDelay?.maxMs,
		factor: 2,
		min: 10,
		text: (ms) => `event loop held up ${Math.round(ms)} ms`,
	},
	{
		value: ({ cpuMs }) => cpuMs,
		factor: 1.3,
		min: 50,
		text: (ms) => `${(ms / 1000).toFixed(2)} s of CPU`,
	},
	{
		value: ({ server }) => server?.utilization,
		factor: 1.5,
		min: 0.2,
		text: (share) => `server ${Math.round(share * 100)} % busy`,
	},
	{ value: ({ retries }) => retries, factor: 1.3, min: 1, text: (count) => `${count} retries` },
	{
		value: ({ attempts }) =>
			attempts.reduce((longest, { startMs, endMs }) => Math.max(longest, endMs - startMs), 0),
		factor: 2,
		min: 100,
		text: (ms) => `a request of ${Math.round(ms)} ms`,
	},
];

function unusualIn(run: Run, all: readonly Run[]): string {
	const seen = SYMPTOMS.flatMap(({ value, factor, min, text }) => {
		const own = value(run);
		const usual = median(all.flatMap((other) => value(other) ?? []).concat(own ?? 0));
		return own !== undefined && own >= min && own > factor * usual ? [text(own)] : [];
	});
	return seen.join(', ') || 'nothing unusual';
}
