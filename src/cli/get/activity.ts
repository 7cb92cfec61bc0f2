import type { Reporter } from '../../events/run-event.ts';
import type { StrategyContext } from '../../strategies/strategy.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import { wantsBar } from './open-reporters.ts';

const EVERY_MS = 250;

export interface OpenActivity {
	readonly context: Pick<StrategyContext, 'watch'>;
	/** Asks no more. */
	close(): void;
}

/** Asks the strategy again and again what takes long, and tells the reporter, where a bar shows it. */
export function openActivity(flags: GetFlags, io: Io, reporter: Reporter): OpenActivity {
	if (!wantsBar(flags, io) || flags.strategy === 'queue') {
		return { context: {}, close() {} };
	}

	let timer: NodeJS.Timeout | undefined;
	return {
		context: {
			watch(slowest) {
				timer = setInterval(() => {
					reporter.on({ type: 'activity', slowest: slowest() });
				}, EVERY_MS);
				timer.unref();
			},
		},
		close() {
			clearInterval(timer);
		},
	};
}
