import type { Redis } from 'ioredis';
import { GROWTH, type Probing } from '../../../download/pace.ts';
import type { SharedClock } from '../redis/clock.ts';
import { KEEP_S } from '../redis/keys.ts';

/** A pace that all machines keep together: evenly spaced starts of requests. */
export interface SharedPace {
	/** At the start. */
	readonly perSecond: number;
	/** When the first may start, on the shared clock. */
	readonly startMs: number;
	readonly probing: Probing;
}

export interface Turns {
	/** Takes the next free turn of the run. @returns When it is, in ms of `performance.now()`. */
	next(): Promise<number>;
}

/**
 * Hands out each turn of a pace once, over all machines.
 *
 * The next free turn is the score of a member of a sorted set: `ZADD GT` moves it up to the
 * present, where nobody wanted a turn for a while, and `ZINCRBY` takes turns, in one transaction.
 *
 * @param member - Which pace of the run this is.
 */
export function openTurns(
	client: Redis,
	key: string,
	member: string,
	pace: SharedPace,
	clock: SharedClock,
): Turns {
	let waiting: Waiter[] = [];
	let taking = false;
	let nextMs = pace.startMs;

	const takeTurns = async (count: number): Promise<readonly number[]> => {
		const nowMs = Math.max(clock.nowMs(), pace.startMs);
		// As the pace was when the last turn was taken here: it changes over seconds.
		const cleanS = (Math.max(nowMs, nextMs) - pace.startMs) / 1000;
		const intervalMs = 1000 / (pace.perSecond * GROWTH[pace.probing](cleanS));
		const replies = await client
			.multi()
			.zadd(key, 'GT', nowMs, member)
			.zincrby(key, count * intervalMs, member)
			.expire(key, KEEP_S)
			.exec();
		const [error, score] = replies?.[1] ?? [new Error('the transaction was dropped')];
		if (error) throw error;
		nextMs = Number(score);
		return Array.from({ length: count }, (_, index) => nextMs - (count - index) * intervalMs);
	};
	const serve = async () => {
		while (waiting.length > 0) {
			const served = waiting;
			waiting = [];
			try {
				const turns = await takeTurns(served.length);
				for (const [index, { resolve }] of served.entries()) {
					resolve(clock.toLocal(turns[index] ?? nextMs) - performance.timeOrigin);
				}
			} catch (error) {
				for (const { reject } of served) reject(error as Error);
			}
		}
		taking = false;
	};

	return {
		async next() {
			return await new Promise<number>((resolve, reject) => {
				waiting.push({ resolve, reject });
				if (taking) return;
				taking = true;
				// Who asks in the same turn of the event loop travels in the same question.
				setImmediate(() => void serve());
			});
		},
	};
}

interface Waiter {
	readonly resolve: (turnMs: number) => void;
	readonly reject: (error: Error) => void;
}
