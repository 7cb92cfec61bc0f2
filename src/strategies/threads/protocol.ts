import type { DownloadOptions } from '../../download/options.ts';
import type { RequestResult } from '../../download/origin/limiter.ts';
import type { Outcome } from '../../download/outcome.ts';
import type { InFlight } from '../../download/progress.ts';
import type { Target } from '../../targets/target.ts';

/** The wire between the main thread and its workers: plain data, one union each way. */

/** What a worker is started with. */
export interface WorkerData {
	readonly options: DownloadOptions;
	readonly outputDir: string | undefined;
	/** Of the folder for parts that all workers share. */
	readonly runName: string;
	/** Slots of this worker. */
	readonly slots: number;
	/** Whether the worker reports what takes long. */
	readonly watched: boolean;
	/** Shared by all threads; see `FLAGS`. */
	readonly flags: Int32Array<SharedArrayBuffer>;
}

/** Places in the shared memory. */
export const FLAGS = {
	/** 1: end what is in flight. Awaited with `Atomics.waitAsync`. */
	stop: 0,
	/** 1: some origin limits its requests, so ask the main thread before each. */
	limiting: 1,
} as const;
export const FLAG_COUNT = 2;

export type ToWorker =
	| { readonly type: 'targets'; readonly targets: readonly Target[] }
	| { readonly type: 'reply'; readonly id: number; readonly reply: MainReply }
	| { readonly type: 'close'; readonly interrupted: boolean };

export type FromWorker =
	/** It has started, and takes targets. */
	| { readonly type: 'ready' }
	| {
			readonly type: 'outcomes';
			readonly ended: readonly Ended[];
			readonly answered: readonly Answered[];
	  }
	| { readonly type: 'ask'; readonly id: number; readonly request: MainRequest }
	/** Of a request that was sent without asking. */
	| { readonly type: 'result'; readonly origin: string; readonly result: RequestResult }
	/** What takes long, some times a second while there is any, and once more when there is none. */
	| { readonly type: 'slowest'; readonly slowest: readonly InFlight[] }
	/** Hands back a permit that was asked for. */
	| { readonly type: 'release'; readonly id: number; readonly result: RequestResult };

/** What became of a target; the main thread still has the target itself. */
export interface Ended {
	readonly index: number;
	readonly outcome: Omit<Outcome, 'target'>;
}

/** Answers of an origin since the last message; `sinceMs` since the Unix epoch. */
export interface Answered {
	readonly origin: string;
	readonly count: number;
	readonly sinceMs: number;
}

/** What a worker asks of the main thread. */
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
