import type { Redis } from 'ioredis';
import { GROWTH, type Growth } from '../../../download/origin/pacer.ts';
import type { SharedClock } from '../redis/clock.ts';
import { KEEP_S } from '../redis/keys.ts';

/** A pace that all machines keep together: evenly spaced starts of requests. */
export interface SharedPace {
	/** At the start. */
	readonly perSecond: number;
	/** When the first may start, on the shared clock. */
	readonly startMs: number;
	readonly probing: Growth;
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
		// As far as is known here: others may have taken turns since, and the pace rises slowly.
		const { offsetsMs, totalMs } = spaced(count, Math.max(nowMs, nextMs), pace);
		const replies = await client
			.multi()
			.zadd(key, 'GT', nowMs, member)
			.zincrby(key, totalMs, member)
			.expire(key, KEEP_S)
			.exec();
		const [error, score] = replies?.[1] ?? [new Error('the transaction was dropped')];
		if (error) {
			throw error;
		}
		nextMs = Number(score);
		return offsetsMs.map((offsetMs) => nextMs - totalMs + offsetMs);
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
				for (const { reject } of served) {
					reject(error as Error);
				}
			}
		}
		taking = false;
	};

	return {
		async next() {
			return await new Promise<number>((resolve, reject) => {
				waiting.push({ resolve, reject });
				if (taking) {
					return;
				}
				taking = true;
				// Who asks in the same turn of the event loop travels in the same question.
				setImmediate(() => void serve());
			});
		},
	};
}

/** When each of some turns in a row is, and the next one after them, as the pace rises. */
function spaced(
	count: number,
	firstMs: number,
	{ perSecond, startMs, probing }: SharedPace,
): { readonly offsetsMs: readonly number[]; readonly totalMs: number } {
	const offsetsMs: number[] = [];
	let totalMs = 0;
	for (let turn = 0; turn < count; turn += 1) {
		offsetsMs.push(totalMs);
		const cleanS = (firstMs + totalMs - startMs) / 1000;
		totalMs += 1000 / (perSecond * GROWTH[probing](cleanS));
	}
	return { offsetsMs, totalMs };
}

interface Waiter {
	readonly resolve: (turnMs: number) => void;
	readonly reject: (error: Error) => void;
}
