import type { WarningEvent } from '../../events/run-event.ts';
import { Stopped } from './stopped.ts';

/** Why a run was stopped, if it was. */
export function noticesOf(signal: AbortSignal): readonly WarningEvent[] {
	if (!signal.aborted) {
		return [];
	}
	const { message } = signal.reason as Error;
	const code = signal.reason instanceof Stopped ? signal.reason.code : 'interrupted';
	return [{ type: 'warning', code, message }];
}
