import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { nowMs } from '../../../download/outcome.ts';

const SAMPLES = 3;
/** Clocks drift: what was heard before this is replaced by whatever is heard now. */
const STALE_MS = 30_000;

/** The one clock that all machines of a run agree on: that of Redis, in milliseconds since the Unix epoch. */
export class SharedClock {
	#offsetMs = 0;
	#tripMs = Number.POSITIVE_INFINITY;
	#heardMs = Number.NEGATIVE_INFINITY;

	/** Asks Redis; right to half the time of the fastest of three answers. */
	static async open(client: Redis): Promise<SharedClock> {
		const clock = new SharedClock();
		for (let sample = 0; sample < SAMPLES; sample += 1) {
			const askedMs = nowMs();
			clock.hear(await client.time(), askedMs);
		}
		return clock;
	}

	/** @param time - What `TIME` gives: seconds and microseconds, asked for at `askedMs` of this process. */
	hear([seconds, microseconds]: readonly (string | number)[], askedMs: number): void {
		const answeredMs = nowMs();
		const tripMs = answeredMs - askedMs;
		if (tripMs <= this.#tripMs || answeredMs - this.#heardMs > STALE_MS) {
			const sharedMs = Number(seconds) * 1000 + Number(microseconds) / 1000;
			this.#offsetMs = sharedMs - (askedMs + answeredMs) / 2;
			this.#tripMs = tripMs;
			this.#heardMs = answeredMs;
		}
	}

	nowMs(): number {
		return this.toShared(nowMs());
	}

	/** @param localMs - Of `nowMs` of this process. */
	toShared(localMs: number): number {
		return localMs + this.#offsetMs;
	}

	toLocal(sharedMs: number): number {
		return sharedMs - this.#offsetMs;
	}
}

/**
 * Sets a key to ARGV[2] for ARGV[3] milliseconds, if it is still ARGV[1]; nothing, or another type, is the empty text.
 * Returns whether it did, what the key had before, and the time.
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

/** Sets a key if it is still what it was thought to be. */
export type CompareAndSet = (
	key: string,
	is: string,
	will: string,
) => Promise<readonly [isSet: 0 | 1, found: string, time: readonly string[]]>;

/** @param keepMs - How long a key is kept after it was set last. */
export function openCompareAndSet(client: Redis, keepMs: number): CompareAndSet {
	client.defineCommand('flagdlCompareAndSet', { numberOfKeys: 1, lua: COMPARE_AND_SET });
	const { flagdlCompareAndSet } = client as unknown as {
		flagdlCompareAndSet: (...given: readonly (string | number)[]) => ReturnType<CompareAndSet>;
	};
	return (key, is, will) => flagdlCompareAndSet.call(client, key, is, will, keepMs);
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
	/** A new one, if the text is empty or none of ours. */
	readonly parse: (raw: string) => T;
	/** Called when the copy here is another one. @param before - The copy until then. */
	readonly onChange: (before: T) => void;
}

/**
 * A value that Redis keeps for many processes, each of which has a copy. It is changed by functions, which are called
 * again if another process was faster.
 */
export class SharedRecord<T> {
	readonly #parts: SharedRecordParts<T>;
	/** What Redis had last; undefined before it was asked. */
	#raw: string | undefined;
	#pending: Pending<T>[] = [];
	#committing: Promise<void> | undefined;
	/** With all changes that Redis does not have yet. */
	value: T;

	constructor(parts: SharedRecordParts<T>) {
		this.#parts = parts;
		this.value = parts.parse('');
	}

	/** Whether Redis has been asked. */
	get isKnown(): boolean {
		return this.#raw !== undefined;
	}

	/** Changes the copy here at once, and what Redis has as soon as possible. @returns What the change returned then. */
	async change<R>(change: Change<T, R>): Promise<R> {
		change(this.value, this.#parts.clock.nowMs());
		const changed = new Promise<unknown>((resolve, reject) => {
			this.#pending.push({ change, resolve, reject });
		});
		// What comes in the same turn of the event loop travels together.
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

	/** Resolves when all changes are in Redis, or failed. */
	async settled(): Promise<void> {
		await this.#committing;
	}

	/** @param raw - What Redis has. */
	hear(raw: string): void {
		if (this.#committing === undefined && raw !== this.#raw) {
			this.#accept(raw);
		}
	}

	async #commit(): Promise<void> {
		const { key, compareAndSet, clock, parse } = this.#parts;
		let is = this.#raw ?? '';
		for (let tries = 1; this.#pending.length > 0; tries += 1) {
			const batch = [...this.#pending];
			const value = parse(is);
			const results = batch.map(({ change }) => change(value, clock.nowMs()));
			const will = JSON.stringify(value);
			const askedMs = nowMs();
			const [isSet, found, time] = await compareAndSet(key, is, will);
			clock.hear(time, askedMs);
			is = isSet === 1 ? will : found;
			if (isSet === 1) {
				tries = 0;
				this.#pending.splice(0, batch.length);
				this.#accept(will);
				for (const [index, { resolve }] of batch.entries()) {
					resolve(results[index]);
				}
			} else {
				// Many processes want the same: they should not meet again.
				await sleep(Math.random() * Math.min(tries, 20));
			}
		}
		this.#committing = undefined;
	}

	#accept(raw: string): void {
		const before = this.value;
		this.#raw = raw;
		this.value = this.#parts.parse(raw);
		for (const { change } of this.#pending) {
			change(this.value, this.#parts.clock.nowMs());
		}
		this.#parts.onChange(before);
	}
}
