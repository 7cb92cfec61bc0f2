import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { OriginQueue, type OriginQueueParts } from '../../../src/download/origin/origin-queue.ts';
import type { OriginPolicy, OriginState } from '../../../src/download/origin/origin-state.ts';
import { createPacer } from '../../../src/download/origin/pacer.ts';
import {
	type Change,
	createSharedOriginState,
	type SharedOriginState,
} from '../../../src/download/origin/shared-origin-state.ts';
import { deferred } from '../../../src/util/promises.ts';

const never = new AbortController().signal;
const POLICY: OriginPolicy = {
	...{ retries: 3, giveUpAfterMs: 10_000, isTransient: () => true },
};
const UNREACHABLE = { kind: 'unreachable', code: 'ECONNREFUSED', target: 0 } as const;

/** A queue over a state in memory, at a time that the test sets. */
function queueWith(parts: Partial<OriginQueueParts> = {}) {
	const shared: SharedOriginState = createSharedOriginState(parts.policy ?? POLICY);
	const seen = { changes: 0, limiting: [] as boolean[], atMs: 1_000_000 };
	/** Set, changes wait for it, as they wait for other processes. */
	const answer: { pending?: Promise<unknown> } = {};
	let onChange: (before: OriginState) => void = () => {};
	const queue = new OriginQueue({
		...{ name: 'http://a', policy: POLICY, owner: 'me', leaseMs: 1000 },
		maxInFlight: Number.POSITIVE_INFINITY,
		clock: { nowMs: () => seen.atMs },
		openStore: (given) => {
			onChange = given;
			return {
				value: shared,
				change: <R>(change: Change<R>): R | Promise<R> => {
					seen.changes += 1;
					const { pending } = answer;
					return pending === undefined
						? change(shared, seen.atMs)
						: pending.then(() => change(shared, seen.atMs));
				},
			};
		},
		onLimiting: (isLimiting) => seen.limiting.push(isLimiting),
		...parts,
	});
	/** Changes the state as another process does. */
	const changeElsewhere = (change: (state: OriginState) => void) => {
		const before = { ...shared.state };
		change(shared.state);
		onChange(before);
	};
	return { queue, shared, seen, answer, changeElsewhere };
}

/** Whether a promise is settled after the event loop has turned a few times. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
	let settled = false;
	const set = () => {
		settled = true;
	};
	promise.then(set, set);
	for (let turn = 0; turn < 5; turn += 1) {
		await setImmediate();
	}
	return settled;
}

describe('a queue of an origin that nothing limits', () => {
	it('gives permits and counts responses without its store', () => {
		const { queue, seen } = queueWith();

		const permit = queue.tryAcquire();
		expect(queue.isUsed).toBe(true);
		permit?.release({ kind: 'answered' });

		expect(queue.isUsed).toBe(false);
		expect(permit).toMatchObject({ epoch: 0, isProbe: false });
		expect([seen.changes, seen.limiting, queue.throttleReason]).toEqual([0, [], undefined]);
	});

	it('adds the responses it has counted when it is flushed, from the first request on', () => {
		const { queue, shared, seen } = queueWith();
		const first = queue.tryAcquire();
		seen.atMs += 100;
		queue.tryAcquire()?.release({ kind: 'answered' });
		first?.release({ kind: 'answered' });
		queue.recordAnswers(5, seen.atMs);
		expect(shared.state.answers).toBe(0);

		queue.flush();
		queue.flush();

		expect(shared.state).toMatchObject({ answers: 7, measuredSinceMs: 1_000_000 });
		expect(seen.changes).toBe(1);
	});

	it('adds responses before the refusal that they precede', () => {
		const { queue, shared, seen } = queueWith();
		queue.recordAnswers(10, seen.atMs);
		seen.atMs += 500;

		queue.tryAcquire()?.release({ kind: 'refused', status: 429, retryAfterMs: 500 });

		expect(shared.measured).toBe(10);
		expect(shared.state.pacer?.perSecond).toBe(10);
	});

	it('leaves its store alone after requests that show nothing of the origin', () => {
		const { queue, shared, seen } = queueWith();

		queue.tryAcquire()?.release({ kind: 'unused' });
		expect(seen.changes).toBe(0);
		queue.tryAcquire()?.release({ kind: 'broken' });
		expect([seen.changes, shared.state.wasReached]).toEqual([1, true]);
		queue.tryAcquire()?.release({ kind: 'broken' });

		expect(seen.changes).toBe(1);
	});
});

describe('a queue of an origin', () => {
	it('says when the origin begins and ceases to limit its requests', async () => {
		const { queue, seen } = queueWith();

		queue.tryAcquire()?.release(UNREACHABLE);
		expect(seen.limiting).toEqual([true]);
		expect(queue.tryAcquire()).toBe(undefined);
		expect([queue.awaitsRecovery(0), queue.awaitsRecovery(1)]).toEqual([false, true]);
		const permit = await queue.acquire(0, never);
		permit.release({ kind: 'answered' });

		expect(seen.limiting).toEqual([true, false]);
		expect(queue.tryAcquire()).toBeDefined();
	});

	it('says so once, however many requests find it', () => {
		const { queue, seen } = queueWith();
		const permits = [queue.tryAcquire(), queue.tryAcquire()];

		for (const permit of permits) {
			permit?.release(UNREACHABLE);
		}

		expect(seen.limiting).toEqual([true]);
		expect(permits.map((permit) => permit?.isStale())).toEqual([true, true]);
	});

	it('adds its responses to the rate that another process has measured before it knew them', () => {
		const { queue, shared, seen, changeElsewhere } = queueWith();
		const permit = queue.tryAcquire();
		expect(permit?.isStale()).toBe(false);
		queue.recordAnswers(10, seen.atMs);

		shared.measured = 10;
		changeElsewhere((state) => {
			state.epoch += 1;
			state.pacer = createPacer(5, seen.atMs, 'cubic');
		});

		expect([shared.state.pacer?.perSecond, shared.measured]).toEqual([10, 20]);
		expect(seen.limiting).toEqual([true]);
		permit?.release({ kind: 'unused' });
	});

	it('refuses requests to an origin that is given up', async () => {
		const { queue, shared } = queueWith();
		shared.state.givenUp = { code: 'origin_down', message: 'gave up on http://a' };

		await expect(queue.acquire(0, never)).rejects.toMatchObject({
			...{ code: 'origin_down', message: 'gave up on http://a' },
		});
		expect(queue.isUsed).toBe(false);
	});

	it('wakes its requests when another process ends the pause', async () => {
		const { queue, shared, changeElsewhere } = queueWith();
		shared.state.pausedUntilMs = 1_000_000 + 3_600_000;
		const permit = queue.acquire(0, never);
		expect(await isSettled(permit)).toBe(false);
		expect(queue.throttleReason).toEqual({ kind: 'retry_after', untilMs: 1_000_000 + 3_600_000 });
		expect(queue.isUsed).toBe(true);

		changeElsewhere((state) => {
			state.pausedUntilMs = 0;
		});

		expect(await isSettled(permit)).toBe(true);
	});

	it('takes another turn if the origin refuses before the first one comes', async () => {
		const { queue, shared, seen, changeElsewhere } = queueWith({
			policy: { ...POLICY, perSecond: 1 },
		});
		await queue.acquire(0, never);
		const permit = queue.acquire(1, never);
		expect(await isSettled(permit)).toBe(false);

		changeElsewhere((state) => {
			state.epoch += 1;
			state.givenUp = { code: 'rate_limited', message: 'come back in a day' };
		});

		await expect(permit).rejects.toMatchObject({ code: 'rate_limited' });
		expect([seen.changes, shared.state.epoch]).toEqual([3, 1]);
	});

	it('ends the wait of a request that is aborted', async () => {
		const { queue, shared } = queueWith();
		shared.state.pausedUntilMs = 1_000_000 + 3_600_000;
		const own = new AbortController();
		const permit = queue.acquire(0, own.signal);
		await setImmediate();

		own.abort(new Error('not wanted any more'));

		await expect(permit).rejects.toThrow('not wanted any more');
		expect(queue.isUsed).toBe(false);
	});
});

describe('a limit on requests in flight', () => {
	it('is kept, and requests that wait are served in their order', async () => {
		const { queue, shared } = queueWith({ maxInFlight: 1 });
		expect(queue.tryAcquire()).toBe(undefined);
		const first = await queue.acquire(0, never);
		expect(queue.throttleReason).toEqual({ kind: 'max_per_host' });
		const order: number[] = [];
		const others = [1, 2, 3].map(async (target) => {
			const permit = await queue.acquire(target, never);
			order.push(target);
			permit.release({ kind: 'answered' });
		});
		await setImmediate();
		expect([order, shared.inFlight['me']?.count]).toEqual([[], 1]);

		first.release({ kind: 'answered' });
		await Promise.all(others);

		expect(order).toEqual([1, 2, 3]);
		expect([shared.inFlight['me']?.count, queue.isUsed]).toEqual([0, false]);
	});

	it('is not reached again by a request that was aborted while it queued', async () => {
		const { queue } = queueWith({ maxInFlight: 1 });
		const first = await queue.acquire(0, never);
		const own = new AbortController();
		const second = queue.acquire(1, own.signal);
		const third = queue.acquire(2, never);

		own.abort(new Error('not wanted any more'));
		await expect(second).rejects.toThrow('not wanted any more');
		expect(await isSettled(third)).toBe(false);
		first.release({ kind: 'answered' });

		(await third).release({ kind: 'answered' });
	});

	it('is the reason for waiting, unless the origin is paused', async () => {
		const { queue, shared } = queueWith({ maxInFlight: 1 });
		await queue.acquire(0, never);

		shared.state.pausedUntilMs = 1_000_001;

		expect(queue.throttleReason).toEqual({ kind: 'retry_after', untilMs: 1_000_001 });
	});

	it('gets back what a turn has taken that comes after its request was aborted', async () => {
		const { queue, shared, answer } = queueWith({ maxInFlight: 1 });
		const other = deferred<void>();
		answer.pending = other.promise;
		const own = new AbortController();
		const permit = queue.acquire(0, own.signal);
		await setImmediate();
		own.abort(new Error('not wanted any more'));
		await expect(permit).rejects.toThrow('not wanted any more');

		other.resolve();
		await isSettled(permit);

		expect([shared.inFlight['me']?.count, queue.isUsed]).toEqual([0, false]);
	});

	it('has its lease renewed once half of it is over', async () => {
		const { queue, shared, seen } = queueWith({ maxInFlight: 2 });
		await queue.acquire(0, never);
		const leasedMs = () => (shared.inFlight['me']?.untilMs ?? 0) - 1_000_000;

		seen.atMs += 500;
		queue.flush();
		expect(leasedMs()).toBe(1000);
		seen.atMs += 1;
		queue.flush();

		expect(leasedMs()).toBe(1501);
	});
});
