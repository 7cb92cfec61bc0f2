import type * as v from 'valibot';
import type { markedRun } from '../../schema/bench-results.ts';
import { markOutliers } from '../../statistics/outliers.ts';
import { median } from '../../statistics/percentile.ts';
import type { DeepReadonly } from '../../util/types.ts';
import type { Run } from '../results.ts';
import type { Clock } from './clock.ts';

/** An outlier among the runs of a cell. */
export type MarkedRun = DeepReadonly<v.InferOutput<typeof markedRun>>;

/** Marks the outliers among the runs of one cell, with what else was unusual about them. */
export function markRuns(runs: readonly Run[], clock: Clock): readonly MarkedRun[] {
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
		value: ({ attempts }) => Math.max(0, ...attempts.map(({ startMs, endMs }) => endMs - startMs)),
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
