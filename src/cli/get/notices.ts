import type { Reporter, WarningEvent } from '../../reporters/event.ts';
import { Stopped } from './stopped.ts';

/** Tells warnings after `run.start`, and before `run.end` why the run was stopped, if it was. */
export function withNotices(
	reporter: Reporter,
	warnings: readonly WarningEvent[],
	signal: AbortSignal,
): Reporter {
	return {
		on(event) {
			if (event.type === 'run.end' && signal.aborted) {
				const { reason } = signal as { readonly reason: Error };
				const code = reason instanceof Stopped ? reason.code : 'interrupted';
				reporter.on({ type: 'warning', code, message: reason.message });
			}

			reporter.on(event);
			if (event.type === 'run.start') {
				for (const warning of warnings) {
					reporter.on(warning);
				}
			}
		},
		close: async () => await reporter.close?.(),
	};
}
