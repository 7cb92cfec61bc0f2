import type { DownloadOptions } from '../../download/options.ts';
import type { RequestResult } from '../../download/origin/limiter.ts';
import type { Outcome } from '../../download/outcome.ts';
import type { InFlight } from '../../download/progress.ts';
import type { Target } from '../../targets/target.ts';

/** Messages between the main thread and its workers: plain data, one union per direction. */

/** Start parameters of a worker. */
export interface WorkerData {
	readonly options: DownloadOptions;
	readonly outputDir: string | undefined;
	/** Name of the parts folder, which all workers share. */
	readonly runName: string;
	/** Slots of this worker. */
	readonly slots: number;
	/** Whether the worker reports its slowest targets. */
	readonly watched: boolean;
	/** Shared by all threads; see `FLAGS`. */
	readonly flags: Int32Array<SharedArrayBuffer>;
}

/** Indexes in the shared memory. */
export const FLAGS = {
	/** 1: abort the downloads in flight. Awaited with `Atomics.waitAsync`. */
	stop: 0,
	/** 1: an origin is limited, so each request needs a permit from the main thread. */
	limiting: 1,
} as const;
export const FLAG_COUNT = 2;

export type ToWorker =
	| { readonly type: 'targets'; readonly targets: readonly Target[] }
	| { readonly type: 'reply'; readonly id: number; readonly reply: MainReply }
	| { readonly type: 'close'; readonly interrupted: boolean };

export type FromWorker =
	/** The worker has started and accepts targets. */
	| { readonly type: 'ready' }
	| {
			readonly type: 'outcomes';
			readonly ended: readonly Ended[];
			readonly answered: readonly Answered[];
	  }
	| { readonly type: 'ask'; readonly id: number; readonly request: MainRequest }
	/** Result of a request that was sent without a permit. */
	| { readonly type: 'result'; readonly origin: string; readonly result: RequestResult }
	/** The slowest targets: several times a second while there are any, then one empty list. */
	| { readonly type: 'slowest'; readonly slowest: readonly InFlight[] }
	/** Releases a permit. */
	| { readonly type: 'release'; readonly id: number; readonly result: RequestResult };

/** Outcome without its target, which the main thread still has. */
export interface Ended {
	readonly index: number;
	readonly outcome: Omit<Outcome, 'target'>;
}

/** Responses of an origin since the last message; `sinceMs` is since the Unix epoch. */
export interface Answered {
	readonly origin: string;
	readonly count: number;
	readonly sinceMs: number;
}

/** Request of a worker to the main thread. */
export type MainRequest =
	| { readonly kind: 'acquire'; readonly origin: string; readonly target: number }
	| { readonly kind: 'awaits_recovery'; readonly origin: string; readonly target: number }
	| { readonly kind: 'claim'; readonly path: string; readonly target: string };

export type MainReply =
	| { readonly kind: 'acquired' }
	| { readonly kind: 'awaits_recovery'; readonly awaits: boolean }
	| { readonly kind: 'claimed'; readonly claimed: boolean }
	| {
			readonly kind: 'unavailable';
			readonly code: 'origin_down' | 'rate_limited';
			readonly message: string;
	  }
	| { readonly kind: 'stopped' };
