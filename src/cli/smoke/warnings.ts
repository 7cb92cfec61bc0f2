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
	const warningIf = (condition: boolean, code: string, why: string): SmokeWarning[] =>
		timed !== undefined && condition
			? [{ type: 'warning', code, message: `${timed.text} measures time, ${why}` }]
			: [];
	return [
		...warningIf(
			inCi,
			'shared_machine',
			'and the machines of a CI differ by a factor of two between jobs; counts do not',
		),
		...warningIf(
			offer['files.partial'] !== undefined,
			'not_held',
			'so the server does not hold bodies to see whether a file has its final name too early',
		),
		...thresholds.flatMap((one) => tooFewSamples(one, runs)),
	];
}

/** Of a threshold that will be inconclusive whatever is measured. */
function tooFewSamples(
	{ text, metric, stat, selector }: Threshold,
	runs: Field['runs'],
): SmokeWarning[] {
	if (stat === undefined || (stat.of !== 'percentile' && stat.of !== 'mean')) {
		return [];
	}
	const counts = runs
		.filter(({ labels }) => isSelected(selector, labels))
		.map(({ targets, attempts }) => (metric === 'total' ? targets : (attempts ?? targets)));
	const known = counts.filter((count) => count !== undefined);
	const most = Math.min(...known);
	if (known.length < counts.length || most >= SAMPLES_MIN) {
		return [];
	}
	const has = `a run has ${most} ${most === 1 ? 'sample' : 'samples'}`;
	const message = `${text} cannot be judged: ${has}, and at least ${SAMPLES_MIN} are needed. Give ${SAMPLES_MIN} codes or more, or judge .max instead`;
	return [{ type: 'warning', code: 'too_few_samples', message }];
}
