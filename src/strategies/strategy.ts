import type { DownloadOptions } from '../download/options.ts';
import type { Outcome } from '../download/outcome.ts';
import type { Targets } from '../targets/target.ts';

/**
 * Turns targets into outcomes: exactly one for each target, in the order in which they end.
 *
 * It pulls targets as it needs them and holds at most twice the concurrency open. It never prints,
 * counts or exits. When its consumer stops early it cancels what is in flight and settles it before
 * it returns: no download outlives the iteration. Once the signal is aborted every further target
 * becomes `cancelled` without a request, so a source that never ends must end itself then.
 */
export type Strategy = (
	targets: Targets,
	context: StrategyContext,
) => AsyncGenerator<Outcome, void, undefined>;

export interface StrategyContext {
	readonly options: DownloadOptions;
	/** Number of slots: requests in flight at once. */
	readonly concurrency: number;
	/** Worker threads, for the strategy that has them. */
	readonly threads: number;
	readonly signal: AbortSignal;
}

/** Targets open for each slot: those that back off hold none, and should not leave it idle. */
export const OPEN_PER_SLOT: number = 2;
