import type { Fault } from './scenario.ts';

/** What a correct client must meet and end with, known before the first socket opens. Plain data. */
export interface Plan {
	readonly scenario: string;
	readonly seed: number;
	/** Attempts after the first of each target. */
	readonly retries: number;
	/** Named as in `run.end`. */
	readonly totals: PlannedTotals;
	/** HTTP requests, redirects included; where order or time decides, without what `bounds` allows for. */
	readonly requests: number;
	/** Attempts after the first of each target. */
	readonly retried: number;
	/** Ids of targets whose content is false in a way that no client can see; they end as `ok`. */
	readonly undetectable: readonly string[];
	/** What depends on the order or time of requests; empty where the plan is exact. */
	readonly dependsOn: readonly Dependence[];
	/** Equal ends where the plan is exact. */
	readonly bounds: { readonly requests: Bounds; readonly ok: Bounds };
	/** Only where a concurrency was given. */
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
	/** Targets in order on so many slots, back-offs of length 0, `Retry-After` and time-outs waited out. */
	readonly idealMs: number;
	/** No order can be faster than this. */
	readonly lowerBoundMs: number;
}

export interface PlannedTarget {
	/** Code in upper case, or path, as asked for. */
	readonly id: string;
	readonly path: string;
	readonly status: 'ok' | 'not_found' | 'error';
	/** Of the failure that decided. */
	readonly code?: string;
	readonly requests: number;
	/** Of the content that a correct client ends with: its size and its SHA-256, lower-case hexadecimal. */
	readonly bytes?: number;
	readonly sha256?: string;
	/** The content that ends as `ok` is false. */
	readonly undetectable?: true;
	readonly attempts: readonly PlannedAttempt[];
}

export interface PlannedAttempt {
	/** From 1. */
	readonly number: number;
	/** From request to headers, for each request of the attempt. */
	readonly latencyMs: number;
	/** Time in a slot: latency of each request, pauses, bandwidth, or the client's patience. */
	readonly durationMs: number;
	/** Redirects included. */
	readonly requests: number;
	/** Absent where no rule claimed the attempt. */
	readonly rule?: string;
	readonly fault?: Fault['type'];
	readonly result: AttemptResult;
	/** What a client calls it, where it fails. */
	readonly code?: string;
	/** Before the next attempt, by `Retry-After`. */
	readonly waitMs?: number;
}

/** `failed` is worth another attempt, `refused` is final. */
export type AttemptResult = 'ok' | 'undetectable' | 'not_found' | 'failed' | 'refused';
