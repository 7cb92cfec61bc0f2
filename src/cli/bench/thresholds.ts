import type { Analysis } from '../../bench/analysis/analysis.ts';
import { BENCH_OFFER, labelsOf, thresholdRuns } from '../../bench/analysis/measures.ts';
import type { Measured } from '../../bench/results.ts';
import type { Output, Paint } from '../../reporters/output.ts';
import { thresholdText } from '../../smoke/report/wording.ts';
import { judge } from '../../thresholds/judge.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { openThresholds, type ThresholdFlags } from '../options/thresholds.ts';
import type { Field } from './contestants.ts';

/**
 * Reads the thresholds of a bench.
 *
 * @throws {UsageError} Before anything runs.
 */
export function openBenchThresholds(
	flags: ThresholdFlags,
	{ contestants }: Field,
	cwd: string,
): readonly Threshold[] {
	const runs = contestants.flatMap(({ name, concurrencies }) =>
		concurrencies.map((concurrency) => labelsOf({ name, concurrency })),
	);
	return openThresholds(flags, cwd, { command: 'flagdl bench', offer: BENCH_OFFER, runs });
}

/**
 * Judges, and says so.
 *
 * @returns False where one was missed; what is inconclusive is a warning.
 */
export function judgeBench(
	thresholds: readonly Threshold[],
	measured: Measured,
	analysis: Analysis,
	{ output, paint }: { readonly output: Output; readonly paint: Paint },
): boolean {
	const runs = thresholdRuns(measured, analysis);
	// What others are compared with has no speed-up of its own.
	const compared = runs.filter((_, index) => analysis.cells[index]?.cell.id !== analysis.baseline);
	const judgements = thresholds.map((threshold) =>
		judge(threshold, threshold.metric === 'speedup' ? compared : runs),
	);
	if (judgements.length > 0) {
		output.write('\n');
	}
	for (const { threshold, ...judgement } of judgements) {
		const { text, why } = threshold;
		output.write(thresholdText({ text, ...(why !== undefined && { why }), ...judgement }, paint));
	}
	return judgements.every(({ verdict }) => verdict !== 'fail');
}
