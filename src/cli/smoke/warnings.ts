import type { SmokeWarning } from '../../smoke/results.ts';
import { SAMPLES_MIN } from '../../statistics/sample-stat.ts';
import { isSelected } from '../../thresholds/check.ts';
import { isTiming } from '../../thresholds/metrics.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import type { Io } from '../io.ts';
import type { Field } from './run-set.ts';

/** Whether time is judged: then nothing may take any that is not the client's or the server's own. */
export function isTimed(thresholds: readonly Threshold[]): boolean {
	return thresholds.some(({ metric }) => isTiming(metric));
}

/** What should be known before the first request. */
export function warningsOf(
	{ runs, offer }: Field,
	thresholds: readonly Threshold[],
	env: Io['env'],
): SmokeWarning[] {
	const timed = thresholds.find(({ metric }) => isTiming(metric));
	const inCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
	const warning = (code: string, message: string): SmokeWarning => ({
		type: 'warning',
		code,
		message,
	});
	return [
		...(timed !== undefined && inCi
			? [
					warning(
						'shared_machine',
						`${timed.text} measures time, and the machines of a CI differ by a factor of two between jobs; counts do not`,
					),
				]
			: []),
		...(timed !== undefined && offer['files.partial'] !== undefined
			? [
					warning(
						'not_held',
						`${timed.text} measures time, so the server does not hold bodies to see whether a file has its final name too early`,
					),
				]
			: []),
		...thresholds.flatMap((one) => tooFewSamples(one, runs) ?? []).map(tooFewWarning),
	];
}

interface TooFew {
	readonly text: string;
	readonly samples: number;
}

/** A threshold that will be inconclusive whatever is measured, with the most samples that it can have. */
function tooFewSamples(
	{ text, metric, stat, selector }: Threshold,
	runs: Field['runs'],
): TooFew | undefined {
	if (stat === undefined || (stat.of !== 'percentile' && stat.of !== 'mean')) {
		return undefined;
	}
	const counts = runs
		.filter(({ labels }) => isSelected(selector, labels))
		.map(({ targets, attempts }) => (metric === 'total' ? targets : (attempts ?? targets)));
	const known = counts.filter((count) => count !== undefined);
	const samples = Math.min(...known);
	return known.length === counts.length && samples < SAMPLES_MIN ? { text, samples } : undefined;
}

function tooFewWarning({ text, samples }: TooFew): SmokeWarning {
	return {
		type: 'warning',
		code: 'too_few_samples',
		message: `${text} cannot be judged: a run has ${samples} ${samples === 1 ? 'sample' : 'samples'}, and at least ${SAMPLES_MIN} are needed. Give ${SAMPLES_MIN} codes or more, or judge .max instead`,
	};
}
