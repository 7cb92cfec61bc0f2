import type { SmokeWarning } from '../../smoke/report/smoke-event.ts';
import { isTiming } from '../../thresholds/metrics.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import type { Io } from '../io.ts';

/** What should be known before the first request. */
export function warningsOf(thresholds: readonly Threshold[], env: Io['env']): SmokeWarning[] {
	const timed = thresholds.find(({ metric }) => isTiming(metric));
	const inCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
	if (timed === undefined || !inCi) {
		return [];
	}
	return [
		{
			type: 'warning',
			code: 'shared_machine',
			message: `${timed.text} measures time, and the machines of a CI differ by a factor of two between jobs; counts do not`,
		},
	];
}
