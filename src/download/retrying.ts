import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../targets/target.ts';
import { attempt } from './attempt.ts';
import { backOffMs, jitter } from './back-off.ts';
import type { DownloadContext } from './context.ts';
import { DownloadError } from './download-error.ts';
import { isPressure, isRetryable } from './failures.ts';
import type { Inquiry } from './inquiry.ts';
import { RETRY_AFTER_MAX_MS } from './origin/origin-state.ts';
import { nowMs } from './outcome.ts';

/** How long a process that is out of file descriptors waits for one of its own to be closed. */
const PRESSURE_MS = 50;

/** How long it waits while this thread writes nothing at all. */
const HOPELESS_MS = 5000;

/** One document to be had, in as many attempts as it takes. */
export interface Fetch<T> extends Inquiry<T> {
	/** Called before each attempt: a resume changes its fields. */
	prepare?(): Promise<void> | undefined;
	/** Called after each attempt that failed: what was prepared may not have been used. */
	release?(): Promise<void> | undefined;
	/** Told of each failed attempt. */
	onFailure?(error: DownloadError): void;
}

/**
 * Asks until there is a good answer, retries are used up, or a failure is final.
 *
 * Waiting holds no slot. What the server asks for with `Retry-After` is waited in the limiter, with
 * all requests to the same origin.
 *
 * @throws {DownloadError} The last failure.
 */
export async function retrying<T>(fetch: Fetch<T>, context: DownloadContext): Promise<T> {
	const { retries, retryMaxTimeMs, seed } = context.options;
	const { signal, tally, place } = fetch;
	const startMs = performance.now();
	const doing = context.activity?.begin(fetch.target);
	try {
		for (let retry = 0; ; ) {
			try {
				await fetch.prepare?.();
				return await attempt(fetch, context, doing);
			} catch (error) {
				await fetch.release?.();
				if (!(error instanceof DownloadError)) {
					throw error;
				}
				signal.throwIfAborted();
				if (error instanceof PartRefused) {
					continue;
				}
				fetch.onFailure?.(error);
				const leftMs = retryMaxTimeMs - (performance.now() - startMs);
				if (isPressure(error.code) && leftMs > PRESSURE_MS) {
					refuseHopeless(error, context);
					context.slots.shrink();
					await sleep(PRESSURE_MS, undefined, { signal });
					continue;
				}
				if (!isRetryable(error.code) || retry >= retries) {
					throw error;
				}
				if ((error.retryAfterMs ?? 0) > RETRY_AFTER_MAX_MS) {
					throw rateLimited(error);
				}
				const waitMs = error.retryAfterMs ?? backOffMs(retry, jitter(seed, place.href, retry));
				if (waitMs > leftMs) {
					throw error;
				}
				if (error.retryAfterMs === undefined) {
					doing?.backsOff(waitMs, error.code);
					await sleep(waitMs, undefined, { signal });
				}
				retry += 1;
				tally.retries += 1;
			}
		}
	} finally {
		if (doing !== undefined) {
			context.activity?.end(doing);
		}
	}
}

/** The part of an earlier attempt cannot be resumed, and is gone: all is asked for, and that is no retry. */
export class PartRefused extends DownloadError {
	constructor(target: Target, message: string) {
		super(target, message, { code: 'bad_range' });
	}
}

/** Nothing that this thread has open will be closed: waiting any longer would be in vain. */
function refuseHopeless(error: DownloadError, { parts }: DownloadContext): void {
	if (nowMs() - parts.lastWriteMs < HOPELESS_MS) {
		return;
	}
	const seconds = HOPELESS_MS / 1000;
	const message = `no file descriptor was free for ${seconds} s; raise the limit (ulimit -n), or lower --concurrency and --threads`;
	throw new DownloadError(error.target, message, { code: error.code, cause: error });
}

function rateLimited(error: DownloadError): DownloadError {
	const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000);
	const message = `${error.message}: the server asks to come back in ${seconds} s`;
	return new DownloadError(error.target, message, {
		code: 'rate_limited',
		cause: error,
		...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
	});
}
