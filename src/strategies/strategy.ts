import type { Names } from '../download/context.ts';
import type { DownloadOptions } from '../download/options.ts';
import type { RunLimiter } from '../download/origin/run-limiter.ts';
import type { Outcome } from '../download/outcome.ts';
import type { OnProgressSource } from '../download/progress.ts';
import type { Targets } from '../targets/target.ts';
import type { QueueOptions } from './queue/options.ts';

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
	/** Whether no part is to be kept for a later run; absent: `signal`. */
	readonly interrupted?: AbortSignal;
	/** Absolute; files below it are in its reserved folder until they are whole. Absent: beside them. */
	readonly outputDir?: string;
	/** Told once how to ask what takes long; the strategy `queue` cannot say. */
	readonly watch?: OnProgressSource;
	/** Where other processes work on the same run: what it shares with them. */
	readonly shared?: Shared;
	/** For the strategy that hands its targets to other machines. */
	readonly queue?: QueueOptions;
}

/** What all processes of a run share. */
export interface Shared {
	readonly limiter: RunLimiter;
	readonly names: Names;
}

/** Targets open for each slot: those that back off hold none, and should not leave it idle. */
export const OPEN_PER_SLOT: number = 2;

/** What ends the targets in flight where their source fails, or nothing more is wanted of them. */
export const ENDED_EARLY: Error = new Error('the run ended early');
