import type { Reporter, RunEnd, WarningEvent } from '../../reporters/event.ts';
import { formatCount } from '../../reporters/format.ts';
import { countAll } from '../../reporters/summary.ts';
import { Stopped } from './stopped.ts';

export interface Ending {
	/** What ends the run early. */
	readonly signal: AbortSignal;
	/** Number of targets. */
	readonly count: number;
}

/** Tells warnings after `run.start`, and before `run.end` why the run was stopped, if it was. */
export function withNotices(
	reporter: Reporter,
	warnings: readonly WarningEvent[],
	ending: Ending,
): Reporter {
	const tellAll = (told: readonly WarningEvent[]) => {
		for (const warning of told) {
			reporter.on(warning);
		}
	};
	return {
		on(event) {
			if (event.type === 'run.end') {
				tellAll(noticesOf(event, ending));
			}
			reporter.on(event);
			if (event.type === 'run.start') {
				tellAll(warnings);
			}
		},
		close: async () => await reporter.close?.(),
	};
}

function noticesOf({ totals }: RunEnd, { signal, count }: Ending): readonly WarningEvent[] {
	if (!signal.aborted) {
		return [];
	}

	const { message } = signal.reason as Error;
	const code = signal.reason instanceof Stopped ? signal.reason.code : 'interrupted';
	const left = count - countAll(totals);
	const notices: WarningEvent[] = [{ type: 'warning', code, message }];
	if (left > 0) {
		notices.push({
			type: 'warning',
			code: 'not_listed',
			message: `${formatCount(left)} targets were not begun, and are neither counted nor listed`,
		});
	}
	return notices;
}
