import { createHash } from 'node:crypto';

/** After a longer `Retry-After` the run gives up on the origin. */
export const RETRY_AFTER_MAX_MS = 60_000;

/**
 * Limits the requests to each origin. A run has one limiter, shared by all its workers.
 *
 * A request acquires a permit before it starts and releases it with its result.
 */
export interface OriginLimiter {
	/** @returns A permit if nothing limits this origin; otherwise undefined: use `acquire`. */
	tryAcquire(origin: string): Permit | undefined;
	/**
	 * Waits until the pause is over, the origin is reachable, the pace allows a request, and fewer than
	 * the maximum are in flight.
	 *
	 * @param target - Index of the target that the request is for.
	 * @throws {OriginUnavailable} If this run has given up on the origin.
	 * @throws The signal's reason, if it is aborted.
	 */
	acquire(origin: string, target: number, signal: AbortSignal): Promise<Permit>;
	/**
	 * Whether a target that could not reach its origin waits for it in `acquire`, without using up a
	 * retry. Call it after releasing the permit.
	 */
	awaitsRecovery(origin: string, target: number): boolean | Promise<boolean>;
	/** Why requests to an origin currently wait; absent if only another thread knows. */
	throttleOf?(origin: string): ThrottleReason | undefined;
}

/** Why requests to an origin wait. Plain data; times are milliseconds since the Unix epoch. */
export type ThrottleReason =
	/** The origin sent `Retry-After`. */
	| { readonly kind: 'retry_after'; readonly untilMs: number }
	/** The origin has refused requests, which are now paced at the rate it was measured to sustain. */
	| { readonly kind: 'pacing' }
	/** `--rate`. */
	| { readonly kind: 'rate_limit' }
	/** `--max-per-host` requests are in flight. */
	| { readonly kind: 'max_per_host' }
	/** It is unreachable (failure code), and is given up at `untilMs`. */
	| { readonly kind: 'unreachable'; readonly code: string; readonly untilMs: number };

export interface Permit {
	/** True if the origin has since been paused or lost: release as `unused` and acquire again. */
	isStale(): boolean;
	release(result: RequestResult): void;
}

/** What a request revealed about its origin. Plain data. */
export type RequestResult =
	/** A response arrived, whatever its status. */
	| { readonly kind: 'answered' }
	/** A response with `Retry-After`, or one that looks like a rate limit: 429 implies one, 503 may be an outage. */
	| { readonly kind: 'refused'; readonly status: 429 | 503; readonly retryAfterMs: number }
	/** No connection: refused, DNS, TLS, connect timeout. `target` is the target's index. */
	| { readonly kind: 'unreachable'; readonly code: string; readonly target: number }
	/** The connection broke or stalled, which only shows that the origin is reachable. */
	| { readonly kind: 'broken' }
	/** The request was never sent. */
	| { readonly kind: 'unused' };

/** Thrown once the run has given up on an origin. */
export class OriginUnavailable extends Error {
	readonly code: 'origin_down' | 'rate_limited';

	constructor({ code, message }: Pick<OriginUnavailable, 'code' | 'message'>) {
		super(message);
		this.code = code;
	}
}

const BASE_MS = 500;
const FACTOR = 2;
const CAP_MS = 30_000;

/**
 * Exponential back-off with full jitter: uniform between 0 and the exponential bound, so that clients
 * that failed together do not retry together.
 *
 * @param retry - 0 for the first retry.
 * @param random - In [0, 1).
 * @returns The wait in milliseconds.
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/}
 */
export function backOffMs(retry: number, random: number): number {
	return backOffBoundMs(retry) * random;
}

/** Longest wait before a retry, in milliseconds. */
export function backOffBoundMs(retry: number): number {
	return Math.min(CAP_MS, BASE_MS * FACTOR ** retry);
}

/**
 * The random number for one back-off, in [0, 1).
 *
 * With a seed it depends only on (seed, URL, retry), so that a run is reproducible in whatever order
 * its targets fail.
 */
export function jitter(seed: number | undefined, url: string, retry: number): number {
	if (seed === undefined) {
		return Math.random();
	}
	const hash = createHash('sha256').update(`${seed}\n${url}\n${retry}`).digest();
	return hash.readUIntBE(0, 6) / 2 ** 48;
}
