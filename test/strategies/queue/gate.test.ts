import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { OriginUnavailable } from '../../../src/download/origin/limiter.ts';
import {
	openSharedGate,
	type SharedGate,
} from '../../../src/strategies/queue/gate/open-shared-gate.ts';
import { openTurns } from '../../../src/strategies/queue/gate/turns.ts';
import { parseRedisUrl } from '../../../src/strategies/queue/redis/address.ts';
import { openClock } from '../../../src/strategies/queue/redis/clock.ts';
import { keysOf } from '../../../src/strategies/queue/redis/keys.ts';
import { connect } from '../../../src/strategies/queue/redis/link.ts';
import { loadLibraries } from '../../../src/strategies/queue/redis/load.ts';
import { openChannel, type RunChannel } from '../../../src/strategies/queue/wire/run-channel.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../../helpers/redis.ts';

const ORIGIN = 'http://h:1';
const NEVER = new AbortController().signal;

describe.skipIf(skipWithoutRedis())('what workers share of an origin', () => {
	let redis: TestRedis;
	beforeAll(async () => {
		redis = await startRedis();
	});
	afterAll(async () => await redis.close());
	beforeEach(async () => {
		await redis.client.flushall();
	});

	const openLink = async () => {
		const link = await connect(await loadLibraries(), parseRedisUrl(redis.url));
		onTestFinished(() => link.close());
		return { link, clock: await openClock(link.client) };
	};
	/** A gate as one worker of a run has it. */
	const openGate = async (limits: Parameters<typeof openSharedGate>[0]['limits'] = {}) => {
		const { link, clock } = await openLink();
		const keys = keysOf('test', 'r');
		const said: { channel?: RunChannel } = {};
		const gate: SharedGate = openSharedGate({
			...{ link, keys, clock, limits, owner: String(Math.random()) },
			say: (notice) => said.channel?.say(notice),
		});
		said.channel = await openChannel(
			link,
			keys,
			(notice) => gate.onNotice(notice),
			() => void gate.catchUp(),
		);
		onTestFinished(async () => {
			said.channel?.close();
			await gate.close();
		});
		return gate;
	};
	const refuse = (gate: SharedGate, retryAfterMs: number, status: 429 | 503 = 429) => {
		gate.tryAcquire(ORIGIN)?.release({ kind: 'refused', status, retryAfterMs });
	};
	const heard = async (gate: SharedGate) => {
		await redis.until(async () => await Promise.resolve(gate.isLimiting()));
	};

	it('gives each turn once, evenly spaced, over two processes', async () => {
		const pace = { perSecond: 100, startMs: 0, probing: 'fixed' } as const;
		const turns = await Promise.all(
			[1, 2].map(async () => {
				const { link, clock } = await openLink();
				return openTurns(link.client, 'turns', 'a', pace, clock);
			}),
		);

		const taken = await Promise.all(
			Array.from({ length: 40 }, async (_, index) => await turns[index % 2]?.next()),
		);

		const sorted = taken.map(Number).sort((a, b) => a - b);
		const gaps = sorted.slice(1).map((ms, index) => ms - (sorted[index] ?? 0));
		expect(gaps.length).toBe(39);
		// Two processes know the clock of Redis to a fraction of a millisecond, even on a busy machine.
		for (const gap of gaps) {
			expect(Math.abs(gap - 10)).toBeLessThan(5);
		}
	});

	it('does not make up for turns that nobody wanted', async () => {
		const { link, clock } = await openLink();
		const startMs = clock.nowMs() - 60_000;
		const pace = { perSecond: 10, startMs, probing: 'fixed' } as const;
		const turns = openTurns(link.client, 'turns', 'b', pace, clock);

		const first = await turns.next();
		const second = await turns.next();

		expect(first).toBeGreaterThan(performance.now() - 200);
		expect(second - first).toBeCloseTo(100, 0);
	});

	it('lets nobody wait before somebody was refused', async () => {
		const [one, other] = [await openGate(), await openGate()];
		expect(one.tryAcquire(ORIGIN)).toBeDefined();
		expect(other.isLimiting()).toBe(false);
	});

	it('holds everywhere after one was refused, and makes permits stale', async () => {
		const [one, other] = [await openGate(), await openGate()];
		const before = other.tryAcquire(ORIGIN);

		const startMs = performance.now();
		refuse(one, 400);
		expect(one.tryAcquire(ORIGIN)).toBeUndefined();
		await heard(other);

		expect(other.tryAcquire(ORIGIN)).toBeUndefined();
		expect(before?.isStale()).toBe(true);
		await other.acquire(ORIGIN, 0, NEVER);
		expect(performance.now() - startMs).toBeGreaterThanOrEqual(399);
		expect(other.tryAcquire('http://another')).toBeDefined();
	});

	it('is known to a worker that comes later', async () => {
		refuse(await openGate(), 60_000, 503);
		await redis.until(async () => (await redis.client.hlen('{test}:run:r:gate')) > 0);

		const late = await openGate();
		await heard(late);

		expect(late.tryAcquire(ORIGIN)).toBeUndefined();
	});

	it('paces at what all workers together have been answered', async () => {
		const [one, other] = [await openGate(), await openGate()];
		for (const gate of [one, other]) {
			for (let answers = 0; answers < 100; answers += 1) {
				gate.tryAcquire(ORIGIN)?.release({ kind: 'answered' });
			}
		}
		refuse(one, 1000);
		await heard(other);

		await Promise.all([one.acquire(ORIGIN, 0, NEVER), other.acquire(ORIGIN, 0, NEVER)]);

		const pace = Number(await redis.client.hget('{test}:run:r:gate', `pace 1 ${ORIGIN}`));
		// 200 answers in the second of the pause and a little before it.
		expect(pace).toBeGreaterThan(100);
		expect(pace).toBeLessThanOrEqual(200);
	});

	it('is closed everywhere where the server asks for too much', async () => {
		const [one, other] = [await openGate(), await openGate()];
		refuse(one, 3_600_000);
		await heard(other);

		await expect(other.acquire(ORIGIN, 0, NEVER)).rejects.toThrow(OriginUnavailable);
		await expect(other.acquire(ORIGIN, 0, NEVER)).rejects.toThrow('asks to come back in 3600 s');
	});

	it('gives the places of a worker that is gone to others', async () => {
		const { clock } = await openLink();
		const key = keysOf('test', 'r').places(ORIGIN);
		const gate = await openGate({ maxPerHost: 1 });
		await redis.client.zadd(key, clock.nowMs() + 300, 'killed:1');

		const startMs = performance.now();
		const permit = await gate.acquire(ORIGIN, 0, NEVER);

		expect(performance.now() - startMs).toBeGreaterThan(250);
		expect(await redis.client.zcard(key)).toBe(1);
		permit.release({ kind: 'answered' });
		await redis.until(async () => (await redis.client.zcard(key)) === 0);
	});

	it('waits no longer than its signal allows', async () => {
		const gate = await openGate({ maxPerHost: 1 });
		await gate.acquire(ORIGIN, 0, NEVER);
		const stop = new AbortController();
		const waiting = gate.acquire(ORIGIN, 0, stop.signal);
		stop.abort(new Error('enough'));

		await expect(waiting).rejects.toThrow();
	});
});
