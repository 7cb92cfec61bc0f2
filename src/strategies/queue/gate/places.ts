import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { SharedClock } from '../redis/clock.ts';

/** A place of a worker that was killed is free again after this. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Between two looks for a free place; drawn anew each time, so that all machines have a chance. */
const LOOK_MIN_MS = 5;
const LOOK_MAX_MS = 30;

/** Requests in flight of one origin, counted over all machines. */
export interface Places {
	/**
	 * Waits for a place. First come, first served within a process; between them chance decides.
	 *
	 * @returns What gives the place back.
	 * @throws The signal's reason.
	 */
	take(signal: AbortSignal): Promise<() => void>;
	/** Stops renewing. */
	close(): void;
}

/**
 * @param key - Sorted set: one member for each place that is taken, by the end of its lease.
 * @param owner - Different in each process.
 */
export function openPlaces(
	client: Redis,
	key: string,
	max: number,
	owner: string,
	clock: SharedClock,
): Places {
	const held = new Set<string>();
	let names = 0;
	let turn: Promise<unknown> = Promise.resolve();

	const renewal = setInterval(() => {
		if (held.size === 0) {
			return;
		}
		const leases = [...held].flatMap((name) => [clock.nowMs() + LEASE_MS, name]);
		client.zadd(key, 'XX', ...leases).catch(() => {});
	}, RENEW_MS);
	renewal.unref();

	const tryTake = async (name: string): Promise<boolean> => {
		const replies = await client
			.multi()
			.zremrangebyscore(key, '-inf', clock.nowMs())
			.zadd(key, clock.nowMs() + LEASE_MS, name)
			.zcard(key)
			.pexpire(key, 2 * LEASE_MS)
			.exec();
		const taken = Number(replies?.[2]?.[1] ?? Number.POSITIVE_INFINITY);
		if (taken <= max) {
			return true;
		}
		await client.zrem(key, name);
		return false;
	};
	const wait = async (signal: AbortSignal): Promise<string> => {
		names += 1;
		const name = `${owner}:${names}`;
		for (;;) {
			signal.throwIfAborted();
			if (await tryTake(name)) {
				return name;
			}
			const lookMs = LOOK_MIN_MS + Math.random() * (LOOK_MAX_MS - LOOK_MIN_MS);
			await sleep(lookMs, undefined, { signal });
		}
	};

	return {
		async take(signal) {
			// One at a time looks; the others of this process stand behind it.
			const mine = turn.then(async () => await wait(signal));
			turn = mine.catch(() => {});
			const name = await mine;
			held.add(name);
			return () => {
				held.delete(name);
				client.zrem(key, name).catch(() => {});
			};
		},
		close: () => clearInterval(renewal),
	};
}
