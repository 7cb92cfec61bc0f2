import type { Redis } from 'ioredis';
import type { DownloadOptions } from '../../../download/options.ts';
import type { OriginPolicy, OriginState } from '../../../download/origin/origin-state.ts';
import { RunLimiter } from '../../../download/origin/run-limiter.ts';
import type {
	OriginStore,
	SharedOriginState,
} from '../../../download/origin/shared-origin-state.ts';
import { readSharedOrigin } from '../../../schema/origin-state.ts';
import { runKey } from '../options.ts';
import {
	type CompareAndSet,
	defineCompareAndSet,
	type SharedClock,
	SharedRecord,
} from '../redis/shared-state.ts';

/** How often a worker adds its response counts to Redis, and reads the state that others wrote. */
const SYNC_MS = 100;
/** Longer than any pause. */
const TTL_MS = 600_000;
/** Leases of a killed worker expire after this. */
const LEASE_MS = 15_000;
/** Longer names are not origins. */
const ORIGIN_MAX_LENGTH = 300;

export interface SharedLimiterParts {
	readonly client: Redis;
	readonly prefix: string;
	/** Name of the run. */
	readonly run: string;
	readonly clock: SharedClock;
	/** Unique per process. */
	readonly owner: string;
	readonly options: Partial<DownloadOptions>;
}

/**
 * Limits the origins of a run across processes. Each process has a copy that is up to 100 ms old, and asks Redis only
 * for an origin whose requests wait. A refusal applies locally at once.
 */
export class SharedLimiter extends RunLimiter {
	readonly #parts: SharedLimiterParts;
	readonly #compareAndSet: CompareAndSet;
	readonly #records = new Map<string, SharedRecord<SharedOriginState>>();
	#timer: NodeJS.Timeout | undefined;

	constructor(parts: SharedLimiterParts) {
		super(parts.options, { owner: parts.owner, clock: parts.clock, leaseMs: LEASE_MS });
		this.#parts = parts;
		this.#compareAndSet = defineCompareAndSet(parts.client, TTL_MS);
		this.listen((name, isLimiting) => void (isLimiting && this.#announce(name).catch(() => {})));
	}

	/** Reads the state that other workers of the run wrote. */
	async open(): Promise<void> {
		await this.#sync();
		this.#timer = setInterval(() => void this.#sync().catch(() => {}), SYNC_MS);
		this.#timer.unref();
	}

	override recordAnswers(name: string, count: number, sinceMs: number): void {
		super.recordAnswers(name, count, this.#parts.clock.toShared(sinceMs));
	}

	/** Flushes the remaining counts. */
	async close(): Promise<void> {
		clearInterval(this.#timer);
		await this.#flush([...this.queues.keys()]).catch(() => {});
	}

	protected override openStore(
		name: string,
		policy: OriginPolicy,
		onChange: (before: OriginState) => void,
	): OriginStore {
		const { clock } = this.#parts;
		const record = new SharedRecord({
			...{ clock, key: this.#key('origin', name), compareAndSet: this.#compareAndSet },
			parse: (raw) => readSharedOrigin(raw, policy, clock.nowMs()),
			onChange: ({ state }) => onChange(state),
		});
		this.#records.set(name, record);
		return record;
	}

	/** Announces an origin whose requests wait to the other workers. */
	async #announce(name: string): Promise<void> {
		const { client } = this.#parts;
		await client.sadd(this.#key('limited'), name);
		await client.pexpire(this.#key('limited'), TTL_MS);
	}

	#key(...part: readonly string[]): string {
		return runKey(this.#parts.prefix, this.#parts.run, ...part);
	}

	async #flush(names: readonly string[]): Promise<void> {
		for (const name of names) {
			this.queueOf(name).flush();
		}
		await Promise.all(names.map(async (name) => await this.#records.get(name)?.settled()));
	}

	async #sync(): Promise<void> {
		const { client } = this.#parts;
		for (const name of await this.#limitedOrigins()) {
			if (name.length <= ORIGIN_MAX_LENGTH) {
				this.queueOf(name);
			}
		}
		const isBusy = (name: string) =>
			this.queueOf(name).isUsed || this.#records.get(name)?.isKnown === false;
		const busy = [...this.queues.keys()].filter(isBusy);
		await this.#flush(busy);
		const keys = busy.map((name) => this.#key('origin', name));
		const found = keys.length === 0 ? [] : await client.mget(keys);
		for (const [index, name] of busy.entries()) {
			this.#records.get(name)?.update(found[index] ?? '');
		}
	}

	async #limitedOrigins(): Promise<string[]> {
		const key = this.#key('limited');
		try {
			return await this.#parts.client.smembers(key);
		} catch (error) {
			if (!(error as Error).message.startsWith('WRONGTYPE')) {
				throw error;
			}
			// Not written by a worker; it would end every worker that opens the run.
			await this.#parts.client.unlink(key);
			return [];
		}
	}
}
