import type { Analysis } from '../../bench/analysis/analysis.ts';
import { BENCH_METRICS, labelsOf, thresholdRuns } from '../../bench/analysis/measures.ts';
import type { Contestant } from '../../bench/experiment/contestant.ts';
import type { Measured } from '../../bench/results.ts';
import type { Output, Paint } from '../../reporters/output.ts';
import { thresholdText } from '../../smoke/report/wording.ts';
import { judge } from '../../thresholds/judge.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { readThresholds, type ThresholdFlags } from '../options/thresholds.ts';

/**
 * Reads and checks the thresholds of a bench.
 *
 * @throws {UsageError}
 */
export function readBenchThresholds(
	flags: ThresholdFlags,
	contestants: readonly Contestant[],
	cwd: string,
): readonly Threshold[] {
	const runs = contestants.flatMap(({ name, concurrencies }) =>
		concurrencies.map((concurrency) => labelsOf({ name, concurrency })),
	);
	return readThresholds(flags, cwd, { command: 'flagdl bench', metrics: BENCH_METRICS, runs });
}

/**
 * Judges every threshold and prints the verdicts.
 *
 * @returns False if one was missed; an inconclusive one is a warning.
 */
export function judgeBench(
	thresholds: readonly Threshold[],
	measured: Measured,
	analysis: Analysis,
	{ output, paint }: { readonly output: Output; readonly paint: Paint },
): boolean {
	const runs = thresholdRuns(measured, analysis);
	// The baseline has no speed-up.
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
