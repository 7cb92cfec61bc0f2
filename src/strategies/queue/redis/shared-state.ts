import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { nowMs } from '../../../download/outcome.ts';

const SAMPLES = 3;
/** Clocks drift: any new sample replaces one that is older than this. */
const STALE_MS = 30_000;

/** The clock of Redis, common to all machines of a run, in milliseconds since the Unix epoch. */
export class SharedClock {
	#offsetMs = 0;
	#roundTripMs = Number.POSITIVE_INFINITY;
	#sampledMs = Number.NEGATIVE_INFINITY;

	/** Samples the time of Redis; the error is at most half of the shortest of three round trips. */
	static async open(client: Redis): Promise<SharedClock> {
		const clock = new SharedClock();
		for (let sample = 0; sample < SAMPLES; sample += 1) {
			const sentMs = nowMs();
			clock.addSample(await client.time(), sentMs);
		}
		return clock;
	}

	/** @param time - Reply of `TIME`, sent at `sentMs` of the local clock: seconds and microseconds. */
	addSample([seconds, microseconds]: readonly (string | number)[], sentMs: number): void {
		const receivedMs = nowMs();
		const roundTripMs = receivedMs - sentMs;
		if (roundTripMs <= this.#roundTripMs || receivedMs - this.#sampledMs > STALE_MS) {
			const sharedMs = Number(seconds) * 1000 + Number(microseconds) / 1000;
			this.#offsetMs = sharedMs - (sentMs + receivedMs) / 2;
			this.#roundTripMs = roundTripMs;
			this.#sampledMs = receivedMs;
		}
	}

	nowMs(): number {
		return this.toShared(nowMs());
	}

	/** @param localMs - On the local clock, see `nowMs`. */
	toShared(localMs: number): number {
		return localMs + this.#offsetMs;
	}

	toLocal(sharedMs: number): number {
		return sharedMs - this.#offsetMs;
	}
}

/**
 * Sets a key to ARGV[2] for ARGV[3] milliseconds if its value is ARGV[1]. A missing key, or one of another type, counts
 * as empty. Returns whether the key was set, its previous value, and the time.
 */
const COMPARE_AND_SET = `
local found = ''
if redis.call('TYPE', KEYS[1]).ok == 'string' then
	found = redis.call('GET', KEYS[1])
end
if found == ARGV[1] then
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
	return {1, found, redis.call('TIME')}
end
return {0, found, redis.call('TIME')}`;

/** Sets a key if it still has the expected value. */
export type CompareAndSet = (
	key: string,
	expected: string,
	next: string,
) => Promise<readonly [isSet: 0 | 1, found: string, time: readonly string[]]>;

/** @param ttlMs - Time to live of a key after it was last set. */
export function defineCompareAndSet(client: Redis, ttlMs: number): CompareAndSet {
	client.defineCommand('flagdlCompareAndSet', { numberOfKeys: 1, lua: COMPARE_AND_SET });
	const { flagdlCompareAndSet } = client as unknown as {
		flagdlCompareAndSet: (...given: readonly (string | number)[]) => ReturnType<CompareAndSet>;
	};
	return (key, expected, next) => flagdlCompareAndSet.call(client, key, expected, next, ttlMs);
}

type Change<T, R> = (value: T, nowMs: number) => R;

interface Pending<T> {
	readonly change: Change<T, unknown>;
	readonly resolve: (result: unknown) => void;
	readonly reject: (error: unknown) => void;
}

export interface SharedRecordParts<T> {
	readonly key: string;
	readonly compareAndSet: CompareAndSet;
	readonly clock: SharedClock;
	/** Returns a new value if the text is empty or invalid. */
	readonly parse: (raw: string) => T;
	/** Called when the local copy is replaced. @param before - The previous copy. */
	readonly onChange: (before: T) => void;
}

/**
 * A value in Redis that many processes share; each has a copy. Change functions are applied optimistically, and called
 * again if another process was faster.
 */
export class SharedRecord<T> {
	readonly #parts: SharedRecordParts<T>;
	/** Last known value in Redis; undefined before the first read. */
	#raw: string | undefined;
	#pending: Pending<T>[] = [];
	#committing: Promise<void> | undefined;
	/** Includes changes that Redis does not have yet. */
	value: T;

	constructor(parts: SharedRecordParts<T>) {
		this.#parts = parts;
		this.value = parts.parse('');
	}

	/** Whether the value has been read from Redis. */
	get isKnown(): boolean {
		return this.#raw !== undefined;
	}

	/** Changes the local copy at once, then Redis. @returns The result of the change that Redis accepted. */
	async change<R>(change: Change<T, R>): Promise<R> {
		change(this.value, this.#parts.clock.nowMs());
		const changed = new Promise<unknown>((resolve, reject) => {
			this.#pending.push({ change, resolve, reject });
		});
		// Changes of one turn of the event loop are sent together.
		this.#committing ??= new Promise<void>((next) => setImmediate(next))
			.then(() => this.#commit())
			.catch((error: unknown) => {
				this.#committing = undefined;
				for (const { reject } of this.#pending.splice(0)) {
					reject(error);
				}
			});
		return (await changed) as R;
	}

	/** Resolves when all changes are in Redis, or have failed. */
	async settled(): Promise<void> {
		await this.#committing;
	}

	/** @param raw - Current value in Redis. */
	update(raw: string): void {
		if (this.#committing === undefined && raw !== this.#raw) {
			this.#replace(raw);
		}
	}

	async #commit(): Promise<void> {
		const { key, compareAndSet, clock, parse } = this.#parts;
		let expected = this.#raw ?? '';
		for (let tries = 1; this.#pending.length > 0; tries += 1) {
			const batch = [...this.#pending];
			const value = parse(expected);
			const results = batch.map(({ change }) => change(value, clock.nowMs()));
			const next = JSON.stringify(value);
			const sentMs = nowMs();
			const [isSet, found, time] = await compareAndSet(key, expected, next);
			clock.addSample(time, sentMs);
			expected = isSet === 1 ? next : found;
			if (isSet === 1) {
				tries = 0;
				this.#pending.splice(0, batch.length);
				this.#replace(next);
				for (const [index, { resolve }] of batch.entries()) {
					resolve(results[index]);
				}
			} else {
				// Random delay, so that processes do not collide again.
				await sleep(Math.random() * Math.min(tries, 20));
			}
		}
		this.#committing = undefined;
	}

	#replace(raw: string): void {
		const before = this.value;
		this.#raw = raw;
		this.value = this.#parts.parse(raw);
		for (const { change } of this.#pending) {
			change(this.value, this.#parts.clock.nowMs());
		}
		this.#parts.onChange(before);
	}
}
