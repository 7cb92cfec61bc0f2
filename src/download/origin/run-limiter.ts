import { isRetryable } from '../errors.ts';
import type { DownloadOptions } from '../options.ts';
import { nowMs } from '../outcome.ts';
import {
	backOffBoundMs,
	type OriginLimiter,
	type Permit,
	type RequestResult,
	type ThrottleReason,
} from './limiter.ts';
import { OriginQueue, type OriginQueueParts } from './origin-queue.ts';
import type { OriginPolicy, OriginState } from './origin-state.ts';
import { createSharedOriginState, type OriginStore } from './shared-origin-state.ts';

export type LimiterOptions = Partial<
	Pick<DownloadOptions, 'rate' | 'maxPerHost' | 'retries' | 'retryMaxTimeMs'>
>;

/** Stands for a request that was sent without a permit. */
const WITHOUT_PERMIT = { epoch: 0, isProbe: false };

/** The process that limits, and its clock. */
export type LimiterOwner = Pick<OriginQueueParts, 'owner' | 'leaseMs' | 'clock'>;

const SINGLE_PROCESS: LimiterOwner = {
	owner: 'alone',
	leaseMs: Number.POSITIVE_INFINITY,
	clock: { nowMs },
};

/** Limits all origins of a run, in the main thread. Workers report to it what they sent without its permit. */
export class RunLimiter implements OriginLimiter {
	protected readonly queues: Map<string, OriginQueue> = new Map();
	readonly #options: LimiterOptions;
	readonly #owner: LimiterOwner;
	readonly #policy: OriginPolicy;
	readonly #limiting = new Set<string>();
	readonly #listeners: ((origin: string, isLimiting: boolean) => void)[] = [];

	constructor(options: LimiterOptions, owner: LimiterOwner = SINGLE_PROCESS) {
		this.#options = options;
		this.#owner = owner;
		const { rate, retries = 0, retryMaxTimeMs = Number.POSITIVE_INFINITY } = options;
		this.#policy = {
			perSecond: rate && (rate.requests * 1000) / rate.windowMs,
			retries,
			giveUpAfterMs: Math.min(sumOfBackOffBoundsMs(retries), retryMaxTimeMs),
			isTransient: isRetryable,
		};
	}

	tryAcquire(origin: string): Permit | undefined {
		return this.queueOf(origin).tryAcquire();
	}

	acquire(origin: string, target: number, signal: AbortSignal): Promise<Permit> {
		return this.queueOf(origin).acquire(target, signal);
	}

	awaitsRecovery(origin: string, target: number): boolean {
		return this.queueOf(origin).awaitsRecovery(target);
	}

	/** Applies the result of a request that was sent without a permit, while nothing limited its origin. */
	record(origin: string, result: RequestResult): void {
		this.queueOf(origin).record(result, WITHOUT_PERMIT);
	}

	/** Counts responses; the first request was sent at `sinceMs`, in milliseconds since the Unix epoch. */
	recordAnswers(origin: string, count: number, sinceMs: number): void {
		this.queueOf(origin).recordAnswers(count, sinceMs);
	}

	throttleOf(origin: string): ThrottleReason | undefined {
		return this.queueOf(origin).throttleReason;
	}

	/** Whether any origin limits its requests, now or for the whole run. */
	isLimiting(): boolean {
		const { rate, maxPerHost } = this.#options;
		return rate !== undefined || maxPerHost !== undefined || this.#limiting.size > 0;
	}

	/** Adds a listener that is called when an origin starts or stops limiting its requests. */
	listen(listener: (origin: string, isLimiting: boolean) => void): void {
		this.#listeners.push(listener);
	}

	protected queueOf(name: string): OriginQueue {
		let queue = this.queues.get(name);
		if (queue === undefined) {
			const policy = this.#policy;
			queue = new OriginQueue({
				...this.#owner,
				name,
				policy,
				maxInFlight: this.#options.maxPerHost ?? Number.POSITIVE_INFINITY,
				openStore: (onChange) => this.openStore(name, policy, onChange),
				onLimiting: (isLimiting) => {
					this.#limiting[isLimiting ? 'add' : 'delete'](name);
					for (const listener of this.#listeners) {
						listener(name, isLimiting);
					}
				},
			});
			this.queues.set(name, queue);
		}
		return queue;
	}

	/** Opens the store of an origin's state: in memory, unless other processes share it. */
	protected openStore(
		_name: string,
		policy: OriginPolicy,
		_onChange: (before: OriginState) => void,
	): OriginStore {
		const value = createSharedOriginState(policy);
		return { value, change: (change) => change(value, nowMs()) };
	}
}

function sumOfBackOffBoundsMs(retries: number): number {
	let sumMs = 0;
	for (let retry = 0; retry < retries; retry += 1) {
		sumMs += backOffBoundMs(retry);
	}
	return sumMs;
}
