import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { OriginUnavailable } from '../../../src/download/origin/limiter.ts';
import { connect, loadLibraries } from '../../../src/strategies/queue/redis/connection.ts';
import { SharedClock } from '../../../src/strategies/queue/redis/shared-state.ts';
import { SharedLimiter } from '../../../src/strategies/queue/worker/shared-limiter.ts';
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

	const KEY = `{test}:run:r:origin:${ORIGIN}`;
	/** The record of the origin in Redis. */
	const shared = async () =>
		JSON.parse((await redis.client.get(KEY)) ?? '{}') as {
			readonly state?: { readonly epoch: number; readonly pacer?: { readonly perSecond: number } };
			readonly inFlight: Readonly<Record<string, { readonly count: number }>>;
		};
	/** A limiter like that of one worker of a run. */
	const openGate = async (
		options: ConstructorParameters<typeof SharedLimiter>[0]['options'] = {},
	) => {
		const connection = await connect(await loadLibraries(), parseRedisUrl(redis.url));
		const { client } = connection;
		const gate = new SharedLimiter({
			...{ client, prefix: 'test', run: 'r', clock: await SharedClock.open(client), options },
			owner: String(Math.random()),
		});
		await gate.open();
		onTestFinished(async () => {
			await gate.close();
			connection.close();
		});
		return gate;
	};
	const refuse = (gate: SharedLimiter, retryAfterMs: number, status: 429 | 503 = 429) => {
		gate.tryAcquire(ORIGIN)?.release({ kind: 'refused', status, retryAfterMs });
	};
	const heard = async (gate: SharedLimiter) => {
		await redis.until(async () => await Promise.resolve(gate.isLimiting()));
	};

	it('gives each turn once, evenly spaced, over two processes', async () => {
		const rate = { requests: 100, windowMs: 1000 };
		const gates = [await openGate({ rate }), await openGate({ rate })];

		const taken = await Promise.all(
			Array.from({ length: 40 }, async (_, index) => {
				await gates[index % 2]?.acquire(ORIGIN, index, NEVER);
				return performance.now();
			}),
		);

		const sorted = taken.sort((a, b) => a - b);
		// A busy machine may delay any of them; none comes before its turn, counted from the earliest.
		const beginMs = Math.min(...sorted.map((ms, turn) => ms - turn * 10));
		expect((sorted.at(-1) ?? 0) - beginMs).toBeGreaterThan(385);
		expect(beginMs).toBeGreaterThan((sorted[0] ?? 0) - 390);
		const { state } = (await shared()) as unknown as { state: { fixedPacer: { nextMs: number } } };
		// All 40 turns of both are in one sequence.
		expect(state.fixedPacer.nextMs).toBeGreaterThan(0);
	});

	it('does not make up for turns that nobody wanted', async () => {
		const gate = await openGate({ rate: { requests: 10, windowMs: 1000 } });
		await gate.acquire(ORIGIN, 0, NEVER);
		await new Promise((resolve) => setTimeout(resolve, 350));

		const startMs = performance.now();
		await gate.acquire(ORIGIN, 1, NEVER);
		await gate.acquire(ORIGIN, 2, NEVER);

		expect(performance.now() - startMs).toBeGreaterThan(95);
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
		await redis.until(async () => (await shared()).state?.epoch === 1);

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

		const pace = (await shared()).state?.pacer?.perSecond;
		// 200 responses in the second of the pause and shortly before.
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
		const gate = await openGate({ maxPerHost: 1 });
		const other = await openGate({ maxPerHost: 1 });
		await other.acquire(ORIGIN, 0, NEVER);
		// Killed: it neither releases its permit nor renews it.
		const record = await shared();
		const [owner = ''] = Object.keys(record.inFlight);
		await other.close();
		const [seconds] = await redis.client.time();
		const inFlight = { [owner]: { count: 1, untilMs: Number(seconds) * 1000 + 1500 } };
		await redis.client.set(KEY, JSON.stringify({ ...record, inFlight }));

		const permit = await gate.acquire(ORIGIN, 0, NEVER);

		const left = Object.entries((await shared()).inFlight);
		expect(left.map(([name, { count }]) => [name === owner, count])).toEqual([[false, 1]]);
		permit.release({ kind: 'answered' });
		await redis.until(async () =>
			Object.values((await shared()).inFlight).every(({ count }) => count === 0),
		);
	});

	it.each([
		['no JSON', 'boo'],
		['another shape', '{"state":5}'],
		['a pause for ever', '{"state":{"epoch":1,"pausedUntilMs":1e300}}'],
	])('begins anew where Redis has %s of an origin', async (_, raw) => {
		await redis.client.set(KEY, raw);
		await redis.client.sadd('{test}:run:r:limited', ORIGIN);
		const gate = await openGate({ maxPerHost: 1 });

		(await gate.acquire(ORIGIN, 0, NEVER)).release({ kind: 'answered' });

		expect((await shared()).state?.epoch).toBe(0);
	});

	it('begins anew where something of another type has the name', async () => {
		await redis.client.hset(KEY, 'a', 'b');
		await redis.client.set('{test}:run:r:limited', 'a');
		const gate = await openGate({ maxPerHost: 1 });

		(await gate.acquire(ORIGIN, 0, NEVER)).release({ kind: 'answered' });

		expect(await redis.client.type(KEY)).toBe('string');
	});

	it('gives an origin up for all when no probe of any gets through', async () => {
		const [one, other] = [await openGate({ retries: 1 }), await openGate({ retries: 1 })];
		const fails = async (gate: SharedLimiter, target: number) => {
			const permit = await gate.acquire(ORIGIN, target, NEVER);
			permit.release({ kind: 'unreachable', code: 'ECONNREFUSED', target });
		};
		await fails(one, 0);
		await heard(other);

		const ends = await Promise.allSettled(
			[one, other].map(async (gate, index) => {
				for (;;) {
					await fails(gate, index + 1);
				}
			}),
		);

		for (const end of ends) {
			expect(end).toMatchObject({ status: 'rejected', reason: { code: 'origin_down' } });
		}
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
