import { markOutliers, type Outlier } from '../../statistics/outliers.ts';
import { median } from '../../statistics/percentile.ts';
import type { Run } from '../results.ts';
import type { Clock } from './clock.ts';

/** A mark on a run whose wall time lies outside. */
export interface MarkedRun {
	readonly round: number;
	readonly outlier: Outlier;
	/** Its time over the median of its cell. */
	readonly factor: number;
	/** What was seen of it: `event loop held up 38 ms`. */
	readonly seen: string;
}

/** Marks runs of one cell that lie outside, with what else was unusual about them. */
export function markRuns(runs: readonly Run[], clock: Clock): readonly MarkedRun[] {
	const times = runs.map((run) => run[clock] ?? 0);
	const marks = markOutliers(times);
	return runs.flatMap((run, index) => {
		const outlier = marks[index];
		if (outlier === undefined) {
			return [];
		}
		const factor = Math.round(((times[index] ?? 0) / median(times)) * 1000) / 1000;
		return [{ round: run.round, outlier, factor, seen: seenIn(run, runs) }];
	});
}

interface Sign {
	readonly value: (run: Run) => number | undefined;
	/** How many times the median is unusual. */
	readonly times: number;
	/** Below it nothing is unusual. */
	readonly least: number;
	readonly say: (value: number) => string;
}

const SIGNS: readonly Sign[] = [
	{
		value: ({ eventLoopDelay }) => eventLoopDelay?.maxMs,
		times: 2,
		least: 10,
		say: (ms) => `event loop held up ${Math.round(ms)} ms`,
	},
	{
		value: ({ cpuMs }) => cpuMs,
		times: 1.3,
		least: 50,
		say: (ms) => `${(ms / 1000).toFixed(2)} s of CPU`,
	},
	{
		value: ({ server }) => server?.utilization,
		times: 1.5,
		least: 0.2,
		say: (share) => `server ${Math.round(share * 100)} % busy`,
	},
	{ value: ({ retries }) => retries, times: 1.3, least: 1, say: (count) => `${count} retries` },
	{
		value: ({ attempts }) => Math.max(0, ...attempts.map(({ startMs, endMs }) => endMs - startMs)),
		times: 2,
		least: 100,
		say: (ms) => `a request of ${Math.round(ms)} ms`,
	},
];

function seenIn(run: Run, all: readonly Run[]): string {
	const seen = SIGNS.flatMap(({ value, times, least, say }) => {
		const own = value(run);
		const usual = median(all.flatMap((other) => value(other) ?? []).concat(own ?? 0));
		return own !== undefined && own >= least && own > times * usual ? [say(own)] : [];
	});
	return seen.join(', ') || 'nothing unusual';
}
