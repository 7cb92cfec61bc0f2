import type { Fault } from './scenario.ts';

/** What a correct client encounters and must end with, known before the first connection. Plain data. */
export interface Plan {
	readonly scenario: string;
	readonly seed: number;
	/** Attempts after the first of each target. */
	readonly retries: number;
	/** Named as in `run.end`. */
	readonly totals: PlannedTotals;
	/** HTTP requests, redirects included; `bounds` allows for more if order or time matters. */
	readonly requests: number;
	/** Attempts after the first of each target. */
	readonly retried: number;
	/** Ids of targets with false content that no client can detect; they end as `ok`. */
	readonly undetectable: readonly string[];
	/** What depends on the order or time of requests; empty if the plan is exact. */
	readonly dependsOn: readonly Dependence[];
	/** `min` equals `max` if the plan is exact. */
	readonly bounds: { readonly requests: Bounds; readonly ok: Bounds };
	/** Present if a concurrency was given. */
	readonly time?: PlannedTime;
	readonly targets: readonly PlannedTarget[];
}

export interface PlannedTotals {
	readonly ok: number;
	readonly unchanged: number;
	readonly skipped: number;
	readonly not_found: number;
	readonly error: number;
	readonly cancelled: number;
}

/** Both inclusive. */
export interface Bounds {
	readonly min: number;
	readonly max: number;
}

export interface Dependence {
	/** JSON pointer into the scenario. */
	readonly pointer: string;
	/** Rule id or name of the limit. */
	readonly name: string;
	readonly on: 'order' | 'time';
	readonly effect: string;
}

export interface PlannedTime {
	readonly concurrency: number;
	/** Targets in order on the slots, with back-offs of 0, and `Retry-After` and timeouts waited out. */
	readonly idealMs: number;
	/** No order can be faster than this. */
	readonly lowerBoundMs: number;
}

export interface PlannedTarget {
	/** Upper-case code, or path, as requested. */
	readonly id: string;
	readonly path: string;
	readonly status: 'ok' | 'not_found' | 'error';
	/** Code of the final failure. */
	readonly code?: string;
	readonly requests: number;
	/** Size of the content that a correct client ends with. */
	readonly bytes?: number;
	/** SHA-256 of that content, lower-case hexadecimal. */
	readonly sha256?: string;
	/** The target ends as `ok` with false content. */
	readonly undetectable?: true;
	readonly attempts: readonly PlannedAttempt[];
}

export interface PlannedAttempt {
	/** From 1. */
	readonly number: number;
	/** From request to headers, for each request of the attempt. */
	readonly latencyMs: number;
	/** Time in a slot: latency of each request, pauses and bandwidth, up to the client's time limits. */
	readonly durationMs: number;
	/** Redirects included. */
	readonly requests: number;
	/** Absent if no rule claimed the attempt. */
	readonly rule?: string;
	readonly fault?: Fault['type'];
	readonly result: AttemptResult;
	/** Failure code, if it fails. */
	readonly code?: string;
	/** Wait before the next attempt, by `Retry-After`. */
	readonly waitMs?: number;
}

/** `failed` is retried, `refused` is final. */
export type AttemptResult = 'ok' | 'undetectable' | 'not_found' | 'failed' | 'refused';
