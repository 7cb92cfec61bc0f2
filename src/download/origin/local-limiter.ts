import { isRetryable } from '../errors.ts';
import type { DownloadOptions } from '../options.ts';
import { backOffBoundMs, type OriginLimiter, type RequestResult } from './limiter.ts';
import { OriginQueue } from './origin-queue.ts';
import type { OriginPolicy } from './origin-state.ts';

export type LimiterOptions = Partial<
	Pick<DownloadOptions, 'rate' | 'maxPerHost' | 'retries' | 'retryMaxTimeMs'>
>;

/** What the main thread can do beside acquiring: listen to workers that acquire by themselves. */
export interface LocalLimiter extends OriginLimiter {
	/** Takes the result of a request that was sent while nothing limited its origin. */
	record(origin: string, result: RequestResult): void;
	/** Counts answers; the first request was sent at `sinceMs` of `performance.now()`. */
	recordAnswers(origin: string, count: number, sinceMs: number): void;
	/** Whether any origin makes its requests wait, now or for the whole run. */
	isLimiting(): boolean;
}

/** What is known of a request that was sent without a permit of the limiter. */
const UNASKED = { epoch: 0, isProbe: false };

/** What the options say of every origin. */
export function originPolicy({
	rate,
	retries = 0,
	retryMaxTimeMs = Number.POSITIVE_INFINITY,
}: LimiterOptions): OriginPolicy {
	return {
		perSecond: rate && (rate.requests * 1000) / rate.windowMs,
		retries,
		giveUpAfterMs: Math.min(sumOfBackOffBoundsMs(retries), retryMaxTimeMs),
		isTransient: isRetryable,
	};
}

/** Limits all origins of a run, in the main thread. */
export function createLimiter(options: LimiterOptions): LocalLimiter {
	const { rate, maxPerHost } = options;
	const policy = originPolicy(options);
	const queues = new Map<string, OriginQueue>();
	const limiting = new Set<OriginQueue>();
	const queueOf = (origin: string): OriginQueue => {
		let queue = queues.get(origin);
		if (queue === undefined) {
			queue = new OriginQueue(origin, policy, maxPerHost ?? Number.POSITIVE_INFINITY, limiting);
			queues.set(origin, queue);
		}
		return queue;
	};

	return {
		tryAcquire: (origin) => queueOf(origin).tryAcquire(),
		acquire: (origin, target, signal) => queueOf(origin).acquire(target, signal),
		awaitsRecovery: (origin, target) => queueOf(origin).awaitsRecovery(target),
		record: (origin, result) => queueOf(origin).record(result, UNASKED),
		recordAnswers: (origin, count, sinceMs) => queueOf(origin).recordAnswers(count, sinceMs),
		throttleOf: (origin) => queueOf(origin).throttleReason,
		isLimiting: () => rate !== undefined || maxPerHost !== undefined || limiting.size > 0,
	};
}

function sumOfBackOffBoundsMs(retries: number): number {
	let sumMs = 0;
	for (let retry = 0; retry < retries; retry += 1) {
		sumMs += backOffBoundMs(retry);
	}
	return sumMs;
}
