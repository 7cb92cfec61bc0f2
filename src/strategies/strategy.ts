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
	/** If aborted when the run ends, the partial files it kept are deleted. Absent: `signal`. */
	readonly interrupted?: AbortSignal;
	/** Absolute. Partial files are kept in its reserved folder. Absent: they are kept beside their files. */
	readonly outputDir?: string;
	/** Receives the progress source once; the strategy `queue` has none. */
	readonly watch?: OnProgressSource;
	/** State shared with the other processes of the run, if any. */
	readonly shared?: Shared;
	/** For the strategy `queue`. */
	readonly queue?: QueueOptions;
}

/** State shared by all processes of a run. */
export interface Shared {
	readonly limiter: RunLimiter;
	readonly names: Names;
}

/** Open targets per slot: a target that backs off holds no slot, which another one can use. */
export const OPEN_PER_SLOT: number = 2;

/** Abort reason of targets in flight if their source fails, or the consumer stops early. */
export const ENDED_EARLY: Error = new Error('the run ended early');
