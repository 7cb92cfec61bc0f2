import { createHash } from 'node:crypto';

/** The longest `Retry-After` that is waited for, in milliseconds. */
export const RETRY_AFTER_MAX_MS = 60_000;

/**
 * Limits the requests to every origin. There is one for a whole run, over all its workers.
 *
 * A request acquires a permit before it starts and releases it with its result.
 */
export interface OriginLimiter {
	/** A permit at once if nothing limits this origin; otherwise undefined: use `acquire`. */
	tryAcquire(origin: string): Permit | undefined;
	/**
	 * Waits for a permit: until the pause is over, the origin can be reached, the pace allows it, and
	 * fewer than the allowed number of its requests are in flight.
	 *
	 * @param target - Index of the target that the request is for.
	 * @throws {OriginUnavailable} If the origin is given up for this run.
	 * @throws The signal's reason, when it is aborted.
	 */
	acquire(origin: string, target: number, signal: AbortSignal): Promise<Permit>;
	/**
	 * Whether a target that could not reach its origin waits for it with all others (`acquire`), and
	 * uses up no retry. To be asked after the permit was released.
	 */
	awaitsRecovery(origin: string, target: number): boolean | Promise<boolean>;
	/** Why requests to an origin wait right now; absent if only another thread knows. */
	throttleOf?(origin: string): ThrottleReason | undefined;
}

/** Why requests to an origin wait. Plain data; times are milliseconds since the Unix epoch. */
export type ThrottleReason =
	/** The origin asked for it. */
	| { readonly kind: 'retry_after'; readonly untilMs: number }
	/** The origin has refused requests, and is asked at the rate that it has shown to bear. */
	| { readonly kind: 'pacing' }
	/** The rate of the options. */
	| { readonly kind: 'rate_limit' }
	/** As many requests are in flight as the options allow per host. */
	| { readonly kind: 'max_per_host' }
	/** It cannot be reached (code of the failure), and is given up at `untilMs`. */
	| { readonly kind: 'unreachable'; readonly code: string; readonly untilMs: number };

export interface Permit {
	/** True if the origin was paused or lost since: release it as `unused` and acquire again. */
	isStale(): boolean;
	release(result: RequestResult): void;
}

/** What a request has shown of its origin. Plain data. */
export type RequestResult =
	/** The server answered, whatever it said. */
	| { readonly kind: 'answered' }
	/** With `Retry-After`, in milliseconds: 429 names a rate, 503 may be an outage. */
	| { readonly kind: 'refused'; readonly status: 429 | 503; readonly retryAfterMs: number }
	/** No connection: refused, DNS, TLS, connect timeout. `target` is the index of the target. */
	| { readonly kind: 'unreachable'; readonly code: string; readonly target: number }
	/** The connection broke or fell silent: the origin can be reached, and says no more. */
	| { readonly kind: 'broken' }
	/** It was never sent. */
	| { readonly kind: 'unused' };

/** Why an origin is given up. */
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
 * Exponential back-off with full jitter: anything between nothing and the exponential bound, so that
 * clients which failed together do not come back together.
 *
 * @param retry - 0 for the first retry.
 * @param random - Of [0, 1).
 * @returns The wait in milliseconds.
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/}
 */
export function backOffMs(retry: number, random: number): number {
	return backOffBoundMs(retry) * random;
}

/** The longest wait before a retry, in milliseconds. */
export function backOffBoundMs(retry: number): number {
	return Math.min(CAP_MS, BASE_MS * FACTOR ** retry);
}

/**
 * The random number of one back-off.
 *
 * With a seed it is a function of (seed, URL, retry), so that a run can be repeated whatever the
 * order in which its targets fail.
 */
export function jitter(seed: number | undefined, url: string, retry: number): number {
	if (seed === undefined) {
		return Math.random();
	}
	const hash = createHash('sha256').update(`${seed}\n${url}\n${retry}`).digest();
	return hash.readUIntBE(0, 6) / 2 ** 48;
}
