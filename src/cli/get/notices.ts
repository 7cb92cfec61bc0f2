import type { Reporter, WarningEvent } from '../../reporters/event.ts';
import { Stopped } from './stopped.ts';

/**
 * Tells warnings after `run.start`, and before `run.end` why the run was stopped, if it was.
 *
 * @param signal - Ends the run early.
 */
export function withNotices(
	reporter: Reporter,
	warnings: readonly WarningEvent[],
	signal: AbortSignal,
): Reporter {
	const tellAll = (told: readonly WarningEvent[]) => {
		for (const warning of told) {
			reporter.on(warning);
		}
	};
	return {
		on(event) {
			if (event.type === 'run.end') {
				tellAll(noticesOf(signal));
			}
			reporter.on(event);
			if (event.type === 'run.start') {
				tellAll(warnings);
			}
		},
		close: async () => await reporter.close?.(),
	};
}

function noticesOf(signal: AbortSignal): readonly WarningEvent[] {
	if (!signal.aborted) {
		return [];
	}
	const { message } = signal.reason as Error;
	const code = signal.reason instanceof Stopped ? signal.reason.code : 'interrupted';
	return [{ type: 'warning', code, message }];
}
