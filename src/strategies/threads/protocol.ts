import type { Report } from '../../download/gate.ts';
import type { InFlight } from '../../download/in-flight.ts';
import type { DownloadOptions } from '../../download/options.ts';
import type { Outcome } from '../../download/outcome.ts';
import type { Target } from '../../targets/target.ts';

/** The wire between the main thread and its workers: plain data, one union each way. */

/** What a worker is started with. */
export interface WorkerData {
	readonly options: DownloadOptions;
	/** Slots of this worker. */
	readonly slots: number;
	/** Whether somebody wants to know what takes long. */
	readonly watched: boolean;
	/** Shared by all threads; see `FLAGS`. */
	readonly flags: Int32Array<SharedArrayBuffer>;
}

/** Places in the shared memory. */
export const FLAGS = {
	/** 1: end what is in flight. Awaited with `Atomics.waitAsync`. */
	stop: 0,
	/** 1: some origin holds its requests back, so ask the main thread before each. */
	holding: 1,
} as const;
export const FLAG_COUNT = 2;

export type ToWorker =
	| { readonly type: 'targets'; readonly targets: readonly Target[] }
	| { readonly type: 'reply'; readonly id: number; readonly reply: Reply }
	| { readonly type: 'close' };

export type FromWorker =
	/** It has started, and takes targets. */
	| { readonly type: 'ready' }
	| {
			readonly type: 'outcomes';
			readonly ended: readonly Ended[];
			readonly answered: readonly Answered[];
	  }
	| { readonly type: 'ask'; readonly id: number; readonly ask: Ask }
	/** Of a request that was sent without asking. */
	| { readonly type: 'report'; readonly origin: string; readonly report: Report }
	/** What takes long, some times a second while there is any, and once more when there is none. */
	| { readonly type: 'slowest'; readonly slowest: readonly InFlight[] }
	/** Hands back a permit that was asked for. */
	| { readonly type: 'leave'; readonly id: number; readonly report: Report };

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

export type Ask =
	| { readonly kind: 'enter'; readonly origin: string }
	| { readonly kind: 'claim'; readonly path: string; readonly target: string };

export type Reply =
	| { readonly kind: 'entered' }
	| { readonly kind: 'claimed'; readonly claimed: boolean }
	| {
			readonly kind: 'closed';
			readonly code: 'origin_down' | 'rate_limited';
			readonly message: string;
	  }
	| { readonly kind: 'stopped' };
