import type { Redis } from 'ioredis';
import type { DownloadOptions } from '../../../download/options.ts';
import type { Permit, RequestResult } from '../../../download/origin/limiter.ts';
import { type LocalLimiter, originPolicy } from '../../../download/origin/local-limiter.ts';
import { runKey } from '../options.ts';
import { openCompareAndSet, type SharedClock } from '../redis/shared-state.ts';
import { SharedOrigin } from './shared-origin.ts';

/** How often answers are added up over all machines, and what others have found out is read. */
const SYNC_MS = 100;
/** Longer than any pause. */
const KEEP_MS = 600_000;
/** A name that is longer is none of an origin. */
const ORIGIN_MAX_LENGTH = 300;

export interface SharedLimiterParts {
	readonly client: Redis;
	readonly prefix: string;
	/** Name of the run. */
	readonly run: string;
	readonly clock: SharedClock;
	/** Different in each process. */
	readonly owner: string;
	readonly options: Partial<DownloadOptions>;
}

/**
 * Limits all origins of a run that many processes work on: each knows what Redis had a tenth of a second ago, and asks
 * it only for an origin whose requests wait.
 */
export class SharedLimiter implements LocalLimiter {
	readonly #parts: SharedLimiterParts;
	readonly #origins = new Map<string, SharedOrigin>();
	readonly #listeners: (() => void)[] = [];
	readonly #create: (name: string) => SharedOrigin;
	#timer: NodeJS.Timeout | undefined;

	constructor(parts: SharedLimiterParts) {
		this.#parts = parts;
		const { client, clock, owner, options } = parts;
		const shared = {
			...{ clock, owner, policy: originPolicy(options) },
			maxInFlight: options.maxPerHost ?? Number.POSITIVE_INFINITY,
			compareAndSet: openCompareAndSet(client, KEEP_MS),
		};
		this.#create = (name) => {
			const onLimiting = () => this.#onLimiting(name);
			return new SharedOrigin({ ...shared, name, key: this.#key('origin', name), onLimiting });
		};
	}

	/** Reads what the other workers of the run have found out. */
	async open(): Promise<void> {
		await this.#sync();
		this.#timer = setInterval(() => void this.#sync().catch(() => {}), SYNC_MS);
		this.#timer.unref();
	}

	tryAcquire(name: string): Permit | undefined {
		return this.#originOf(name).tryAcquire();
	}

	async acquire(name: string, target: number, signal: AbortSignal): Promise<Permit> {
		return await this.#originOf(name).acquire(target, signal);
	}

	awaitsRecovery(name: string, target: number): boolean {
		return this.#originOf(name).awaitsRecovery(target);
	}

	record(name: string, result: RequestResult): void {
		this.#originOf(name).record(result, { epoch: 0, isProbe: false });
	}

	recordAnswers(name: string, count: number, sinceMs: number): void {
		const { clock } = this.#parts;
		this.#originOf(name).count(count, clock.toShared(performance.timeOrigin + sinceMs));
	}

	isLimiting(): boolean {
		const { rate, maxPerHost } = this.#parts.options;
		const isAlways = rate !== undefined || maxPerHost !== undefined;
		return isAlways || [...this.#origins.values()].some((origin) => origin.isLimiting);
	}

	/** Calls back as soon as an origin is limited that was not before. */
	onLimiting(call: () => void): void {
		this.#listeners.push(call);
	}

	/** Adds up what is left to be. */
	async close(): Promise<void> {
		clearInterval(this.#timer);
		const last = [...this.#origins.values()].map((origin) => origin.flush());
		await Promise.all(last).catch(() => {});
	}

	#key(...part: readonly string[]): string {
		return runKey(this.#parts.prefix, this.#parts.run, ...part);
	}

	#originOf(name: string): SharedOrigin {
		let origin = this.#origins.get(name);
		if (origin === undefined) {
			origin = this.#create(name);
			this.#origins.set(name, origin);
		}
		return origin;
	}

	#onLimiting(name: string): void {
		const key = this.#key('limited');
		const { client } = this.#parts;
		const adding = client.sadd(key, name).then(async () => await client.pexpire(key, KEEP_MS));
		adding.catch(() => {});
		for (const call of this.#listeners) {
			call();
		}
	}

	async #sync(): Promise<void> {
		const { client } = this.#parts;
		for (const name of await client.smembers(this.#key('limited'))) {
			if (name.length <= ORIGIN_MAX_LENGTH) {
				this.#originOf(name);
			}
		}
		const busy = [...this.#origins].filter(([, origin]) => origin.needsNews);
		await Promise.all(busy.map(([, origin]) => origin.flush()));
		const keys = busy.map(([name]) => this.#key('origin', name));
		const found = keys.length === 0 ? [] : await client.mget(keys);
		for (const [index, [, origin]] of busy.entries()) {
			origin.shared.hear(found[index] ?? '');
		}
	}
}
