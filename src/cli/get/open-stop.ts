import type { Strategy } from '../../strategies/strategy.ts';
import type { GetFlags } from '../get-flags.ts';
import { failEarly } from './fail-early.ts';
import { Stopped } from './stopped.ts';

/** All that may end a run before its last target. */
export interface Stop {
	readonly signal: AbortSignal;
	/** The strategy, ended early where `--fail-early` says so. */
	applyTo(strategy: Strategy): Strategy;
	/** Stops the clock. */
	close(): void;
}

/** Starts the clock of `--deadline`. */
export function openStop({ deadline, failEarly: early }: GetFlags, interrupted: AbortSignal): Stop {
	const stop = new AbortController();
	const timer = deadline === undefined ? undefined : startClock(deadline, stop);
	return {
		signal: AbortSignal.any([interrupted, stop.signal]),
		applyTo: (strategy) => (early === true ? failEarly(strategy, stop) : strategy),
		close() {
			clearTimeout(timer);
		},
	};
}

function startClock(deadlineMs: number, stop: AbortController): NodeJS.Timeout {
	const reason = new Stopped('deadline', `stopped after ${deadlineMs / 1000} s (--deadline)`);
	return setTimeout(() => stop.abort(reason), deadlineMs);
}
