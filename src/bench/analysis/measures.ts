import {
	type Labels,
	type Measure,
	type MeasuredRun,
	type MetricForms,
	type MetricName,
	samples,
} from '../../thresholds/metrics.ts';
import { present } from '../../util/members.ts';
import type { Cell, Measured, Run } from '../results.ts';
import { completedRuns } from '../results.ts';
import type { Analysis } from './analysis.ts';
import type { CellAnalysis } from './cell-analysis.ts';

/** Metrics for the thresholds of a bench: medians of the rounds, estimates, and single requests. */
export const BENCH_METRICS: MetricForms = {
	targets: 'value',
	failed: 'value',
	requests: 'value',
	retries: 'value',
	wall: 'samples',
	latency: 'samples',
	ttfb: 'samples',
	cpu: 'value',
	rss: 'value',
	speedup: 'interval',
	efficiency: 'value',
	concurrency: 'value',
	'server.utilization': 'value',
};

export function labelsOf({ name, concurrency }: Pick<Cell, 'name' | 'concurrency'>): Labels {
	return { strategy: name, c: String(concurrency) };
}

export function thresholdRuns(measured: Measured, { cells }: Analysis): MeasuredRun[] {
	return cells.map((cell) => ({
		labels: labelsOf(cell.cell),
		measures: measuresOf(cell, completedRuns(measured, cell.cell.id), measured.work.files.length),
		serverBound: cell.boundBy === 'server',
	}));
}

function measuresOf(
	cell: CellAnalysis,
	runs: readonly Run[],
	targets: number,
): Partial<Record<MetricName, Measure>> {
	const { speedUp } = cell;
	const interval = speedUp?.interval;
	const attempts = runs.flatMap((run) => run.attempts).filter(({ code }) => code === undefined);
	return {
		targets: { kind: 'value', value: targets },
		failed: { kind: 'value', value: cell.missing },
		wall: samples(runs.flatMap(({ wallMs }) => wallMs ?? [])),
		latency: samples(attempts.flatMap(({ startMs, bodyMs }) => since(startMs, bodyMs))),
		ttfb: samples(attempts.flatMap(({ startMs, headersMs }) => since(startMs, headersMs))),
		...(speedUp && {
			speedup: {
				kind: 'interval',
				value: speedUp.ratio,
				...(interval && { lower: interval.low, upper: interval.high }),
			},
		}),
		...present({
			requests: single(cell.requests),
			retries: single(cell.retries),
			cpu: single(cell.cpuMs),
			rss: single(cell.maxRssBytes),
			efficiency: single(cell.efficiency),
			concurrency: single(cell.inFlight),
			'server.utilization': single(cell.serverUtilization),
		}),
	};
}

function since(startMs: number, endMs: number | undefined): number[] {
	return endMs === undefined ? [] : [endMs - startMs];
}

function single(value: number | undefined): Measure | undefined {
	return value === undefined ? undefined : { kind: 'value', value };
}
