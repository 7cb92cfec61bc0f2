import type { Reporter } from '../../reporters/event.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Prepared } from './prepare.ts';
import { Stopped } from './stopped.ts';
import { warningsOf } from './warnings.ts';

/**
 * A reporter that is told warnings after `run.start`, and before `run.end` why the run was stopped.
 *
 * @param failureCodes - Gets the code of every failure.
 */
export function withNotices(
	reporter: Reporter,
	{ flags, prepared }: { readonly flags: GetFlags; readonly prepared: Prepared },
	signal: AbortSignal,
	failureCodes: Set<string>,
): Reporter {
	return {
		on(event) {
			if (event.type === 'outcome' && event.outcome.failure !== undefined) {
				failureCodes.add(event.outcome.failure.code);
			}
			if (event.type === 'run.end' && signal.aborted) {
				const { reason } = signal as { readonly reason: Error };
				const code = reason instanceof Stopped ? reason.code : 'interrupted';
				reporter.on({ type: 'warning', code, message: reason.message });
			}

			reporter.on(event);
			if (event.type === 'run.start') {
				for (const warning of warningsOf(flags, prepared)) {
					reporter.on(warning);
				}
			}
		},
		close: async () => await reporter.close?.(),
	};
}
