import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Fleet, fleetForEach, readRun, startRun, startWorker } from '../helpers/fleet.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { answerNumbered } from '../helpers/numbered-files.ts';
import { skipWithoutRedis, type TestRedis } from '../helpers/redis.ts';

// Three workers, one server, whose limits apply to all of them together.
describe.skipIf(skipWithoutRedis())('politeness of three workers', () => {
	let redis: TestRedis;
	let server: HoldServer;
	let fleet: Fleet;
	let arrivalsMs: number[];

	fleetForEach((given, itsServer) => {
		[fleet, redis, server] = [given, given.redis, itsServer];
		arrivalsMs = [];
	});

	const startThree = async (args: readonly string[]) =>
		await Promise.all([1, 2, 3].map(async () => await startWorker(fleet, ['-c', '16', ...args])));

	it.each(['async', 'threads'])(
		'keeps --rate together, by %s',
		{ timeout: 60_000 },
		async (way) => {
			server.answer(undefined, (request, response) => {
				arrivalsMs.push(performance.now());
				answerNumbered(request, response);
			});
			await startThree(['--strategy', way]);

			const args = ['--rate', '50/s', '--shard-size', '10'];
			const { end } = readRun(await startRun(fleet, 200, server.url, args).ended, 200);

			expect(end).toMatchObject({ exitCode: 0, totals: { ok: 200 } });
			// Workers with separate limits would send all 200; requests that a busy machine delays arrive together.
			expect(mostWithin(2000)).toBeLessThan(150);
			// 199 turns of 20 ms. Any request may be late, also the first: the earliest relative to its turn counts.
			const beginMs = Math.min(...arrivalsMs.map((atMs, turn) => atMs - turn * 20));
			expect((arrivalsMs.at(-1) ?? 0) - beginMs).toBeGreaterThan(3900);
		},
	);

	it.each(['async', 'threads'])(
		'pauses all when one is refused, by %s',
		{ timeout: 60_000 },
		async (way) => {
			server.hold();
			server.answer(undefined, (request, response) => {
				arrivalsMs.push(performance.now());
				answerNumbered(request, response);
			});
			server.answer('/0.gif', (_request, response) => {
				server.answer('/0.gif', answerNumbered);
				response.writeHead(503, { 'retry-after': '3' }).end();
			});
			await startThree(['--strategy', way]);
			// Two shards fill the slots of a worker, whichever it starts with.
			const run = startRun(fleet, 100, server.url, ['--shard-size', '8']);
			await server.arrivals(3 * 16);

			const refusedMs = performance.now();
			server.release('/0.gif');
			await redis.until(async () => (await redis.client.keys('*:limited')).length > 0);
			await sleep(300); // Until the others have received it.
			const before = server.requests.length;
			server.release();
			await server.arrivals(before + 1);

			// The worker that was refused informed all three: no further request was sent during the pause, except for
			// the slot that it had released just before.
			expect(before).toBeLessThanOrEqual(3 * 16 + 1);
			expect(performance.now() - refusedMs).toBeGreaterThan(2900);
			const { end } = readRun(await run.ended, 100);
			expect(end).toMatchObject({ exitCode: 0, totals: { ok: 100 } });
		},
	);

	/** Accepts this number of requests in any second. @returns A function that counts the refused ones. */
	const answerAtMost = (perSecond: number) => {
		let refused = 0;
		const recentMs: number[] = [];
		server.answer(undefined, (request, response) => {
			const nowMs = performance.now();
			while (nowMs - (recentMs[0] ?? nowMs) > 1000) {
				recentMs.shift();
			}
			if (recentMs.length >= perSecond) {
				refused += 1;
				response.writeHead(429, { 'retry-after': '1' }).end();
				return;
			}
			recentMs.push(nowMs);
			answerNumbered(request, response);
		});
		return () => refused;
	};

	it.each(['async', 'threads'])(
		'keeps to what the server bears, by %s',
		{ timeout: 90_000 },
		async (way) => {
			const refused = answerAtMost(60);
			await startThree(['--strategy', way]);

			const run = startRun(fleet, 400, server.url, ['--shard-size', '20']);
			const { end } = readRun(await run.ended, 400);

			expect(end).toMatchObject({ exitCode: 0, totals: { ok: 400 } });
			// Requests in flight at the first refusal, and a few more: refused once each.
			expect(refused()).toBeLessThan(2 * 3 * 16);
			expect(end.requests).toBe(400 + refused());
		},
	);

	it('asks at most 275 times for 254 files where 50 a second are allowed', {
		timeout: 90_000,
	}, async () => {
		const refused = answerAtMost(50);
		await startThree(['-c', '6']);

		const run = startRun(fleet, 254, server.url, ['--shard-size', '10']);
		const { end } = readRun(await run.ended, 254);

		expect(end).toMatchObject({ exitCode: 0, totals: { ok: 254 } });
		expect(end.requests).toBe(254 + refused());
		// 18 requests are in flight at the first refusal.
		expect(end.requests).toBeLessThanOrEqual(275);
	});

	it('keeps --max-per-host together', { timeout: 60_000 }, async () => {
		server.answer(undefined, (request, response) => {
			setTimeout(() => answerNumbered(request, response), 20);
		});
		await startThree([]);

		const args = ['--max-per-host', '4', '--shard-size', '10'];
		const { end } = readRun(await startRun(fleet, 150, server.url, args).ended, 150);

		expect(end).toMatchObject({ exitCode: 0, totals: { ok: 150 } });
		expect(server.peak).toBeGreaterThan(2);
		expect(server.peak).toBeLessThanOrEqual(4);
	});

	/** The largest number of arrivals in any window of this length. */
	function mostWithin(windowMs: number): number {
		const counts = arrivalsMs.map(
			(startMs) => arrivalsMs.filter((ms) => ms >= startMs && ms < startMs + windowMs).length,
		);
		return Math.max(...counts);
	}
});
