import type { Target } from '../targets/target.ts';

export type OutcomeStatus = 'ok' | 'unchanged' | 'skipped' | 'not_found' | 'error' | 'cancelled';

/** Result of a target after all its attempts. Plain data: it crosses threads and machines. */
export interface Outcome {
	readonly target: Target;
	readonly status: OutcomeStatus;
	/** Absolute path of the file, with its final name. */
	readonly dest: string;
	/** Size of the saved content; 0 if nothing was saved. */
	readonly bytes: number;
	/** HTTP requests sent, redirects included. */
	readonly requests: number;
	/** Attempts after the first one of each document. */
	readonly retries: number;
	/** Milliseconds since the Unix epoch, from the clock of `nowMs`. */
	readonly startMs: number;
	readonly endMs: number;
	/** Status code of the last response. */
	readonly httpStatus?: number;
	/** Why there is no file; with `error`, `not_found` and `cancelled`. */
	readonly failure?: Failure;
	/** Absent unless a reporter needs them. */
	readonly attempts?: readonly Attempt[];
	/** Digest of the saved content in lower-case hexadecimal, if it was computed. */
	readonly sha256?: string;
	readonly etag?: string;
	readonly lastModified?: string;
	/** URL of the content after redirects, or of a mirror, if it is not the target's URL. */
	readonly servedUrl?: string;
}

/** Whether the run was stopped before the target's first request. */
export function wasNotStarted({ status, requests }: Outcome): boolean {
	return status === 'cancelled' && requests === 0;
}

/** An error as plain data: structured clone turns an `Error` subclass into a bare `Error`. */
export interface Failure {
	/** Stable: snake case, or a system error code: `http_503`, `ECONNRESET`. */
	readonly code: string;
	readonly message: string;
	/** Messages of the causes, outermost first. */
	readonly causes: readonly string[];
}

/** One HTTP request for a target. Times are milliseconds since the Unix epoch on one clock. */
export interface Attempt {
	/** From 1, per target. */
	readonly number: number;
	readonly url: string;
	/** Time waited before this attempt: back-off or the pause of its origin, in milliseconds. */
	readonly waitedMs: number;
	/** When it acquired its slot. */
	readonly startMs: number;
	/** When it had a connection; absent if it had none. */
	readonly connectedMs?: number;
	/** Whether the connection had served a request before. */
	readonly reused?: boolean;
	readonly headersMs?: number;
	readonly bodyMs?: number;
	/** When the file had its final name. */
	readonly writtenMs?: number;
	readonly endMs: number;
	readonly status?: number;
	/** Bytes of the body received. */
	readonly bytes: number;
	/** Time the server says it spent (`Server-Timing: served`), in milliseconds. */
	readonly servedMs?: number;
	/** Code of the failure, if any. */
	readonly code?: string;
}

/** Creates the outcome of a target that was not downloaded here, or whose thread crashed. */
export function endedOutcome(
	target: Target,
	status: OutcomeStatus,
	details: Partial<Pick<Outcome, 'bytes' | 'failure' | 'startMs'>> = {},
): Outcome {
	const endMs = nowMs();
	return {
		target,
		status,
		dest: target.dest,
		bytes: 0,
		requests: 0,
		retries: 0,
		startMs: endMs,
		endMs,
		...details,
	};
}

/** Milliseconds since the Unix epoch, monotonic, and the same in every thread of a process. */
export function nowMs(): number {
	return performance.timeOrigin + performance.now();
}
