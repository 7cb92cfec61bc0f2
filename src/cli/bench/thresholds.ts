import type { Analysis } from '../../bench/analysis/analysis.ts';
import { BENCH_METRICS, labelsOf, thresholdRuns } from '../../bench/analysis/measures.ts';
import type { Contestant } from '../../bench/experiment/contestant.ts';
import type { Measured } from '../../bench/results.ts';
import type { ThresholdVerdict } from '../../thresholds/judge.ts';
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

/** Judges every threshold. */
export function judgeBench(
	thresholds: readonly Threshold[],
	measured: Measured,
	analysis: Analysis,
): readonly ThresholdVerdict[] {
	const runs = thresholdRuns(measured, analysis);
	// The baseline has no speed-up.
	const compared = runs.filter((_, index) => analysis.cells[index]?.cell.id !== analysis.baseline);
	return thresholds.map((threshold) => {
		const { text, why, metric } = threshold;
		const judgement = judge(threshold, metric === 'speedup' ? compared : runs);
		return {
			text,
			...(why !== undefined && { why }),
			verdict: judgement.verdict,
			runs: judgement.runs,
		};
	});
}
