import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import { createPacer, sustainableRate, takeTurnMs } from '../../../src/download/origin/pacer.ts';
import { RunLimiter } from '../../../src/download/origin/run-limiter.ts';
import { nowMs } from '../../../src/download/outcome.ts';
import { collect } from '../../helpers/collect.ts';
import { answerGif } from '../../helpers/hold-server.ts';
import { strategies } from '../../helpers/strategies.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { onTestFinished } from '../../helpers/this-test.ts';

const ORIGIN = 'http://127.0.0.1:1';
const never = new AbortController().signal;

describe('a limiter', () => {
	it('gives permits at once until a request is refused', async () => {
		const limiter = new RunLimiter({});
		const permit = limiter.tryAcquire(ORIGIN);

		expect(limiter.isLimiting()).toBe(false);
		const before = performance.now();
		permit?.release({ kind: 'refused', status: 429, retryAfterMs: 50 });

		expect(limiter.isLimiting()).toBe(true);
		expect(permit?.isStale()).toBe(true);
		expect(limiter.tryAcquire(ORIGIN)).toBeUndefined();
		expect(limiter.tryAcquire('http://127.0.0.1:2')).toBeDefined();
		const next = await limiter.acquire(ORIGIN, 0, never);
		expect(performance.now() - before).toBeGreaterThanOrEqual(49);
		expect(next.isStale()).toBe(false);
	});

	it('gives an origin up after 20 failures to connect in a row, if nothing is retried', async () => {
		const limiter = new RunLimiter({});
		const fail = (times: number) => {
			for (let time = 0; time < times; time += 1) {
				limiter
					.tryAcquire(ORIGIN)
					?.release({ kind: 'unreachable', code: 'ECONNREFUSED', target: 0 });
			}
		};
		fail(19);
		limiter.tryAcquire(ORIGIN)?.release({ kind: 'answered' });
		fail(19);
		limiter.tryAcquire(ORIGIN)?.release({ kind: 'broken' });
		expect(limiter.isLimiting()).toBe(false);

		fail(1);

		await expect(limiter.acquire(ORIGIN, 0, never)).rejects.toMatchObject({
			code: 'origin_down',
			message: expect.stringContaining('20 failures to connect in a row (ECONNREFUSED)') as string,
		});
	});

	it('gives up waiting when it is told to', async () => {
		const limiter = new RunLimiter({ maxPerHost: 1 });
		await limiter.acquire(ORIGIN, 0, never);
		const controller = new AbortController();
		const waiting = limiter.acquire(ORIGIN, 0, controller.signal);

		controller.abort(new Error('enough'));

		await expect(waiting).rejects.toThrow('enough');
	});

	it('says what makes requests wait', async () => {
		expect(new RunLimiter({}).throttleOf(ORIGIN)).toBeUndefined();
		expect(new RunLimiter({ rate: { requests: 1, windowMs: 1 } }).throttleOf(ORIGIN)).toEqual({
			kind: 'rate_limit',
		});

		const limiter = new RunLimiter({ maxPerHost: 1 });
		expect(limiter.throttleOf(ORIGIN)).toBeUndefined();
		const permit = await limiter.acquire(ORIGIN, 0, never);
		expect(limiter.throttleOf(ORIGIN)).toEqual({ kind: 'max_per_host' });

		const before = nowMs();
		permit.release({ kind: 'refused', status: 429, retryAfterMs: 200 });
		const reason = limiter.throttleOf(ORIGIN);
		const untilMs = reason?.kind === 'retry_after' ? reason.untilMs : 0;
		expect(untilMs - before).toBeGreaterThanOrEqual(200);
		expect(untilMs - nowMs()).toBeLessThanOrEqual(200);

		const next = await limiter.acquire(ORIGIN, 0, never);
		expect(nowMs()).toBeGreaterThanOrEqual(untilMs);
		next.release({ kind: 'answered' });
		expect(limiter.throttleOf(ORIGIN)).toEqual({ kind: 'pacing' });
	});
});

describe('a pace', () => {
	it('spaces starts evenly', () => {
		const pacer = createPacer(10, 1000, 'fixed');

		expect([0, 0, 0, 1500].map((nowMs) => takeTurnMs(pacer, nowMs))).toEqual([
			1000, 1100, 1200, 1500,
		]);
	});

	it('probes upwards, slowly at first', () => {
		const pacer = createPacer(50, 0, 'cubic');
		const starts: number[] = [];
		while ((starts.at(-1) ?? 0) < 30_000) {
			starts.push(takeTurnMs(pacer, 0));
		}
		const within = (fromMs: number) =>
			starts.filter((startMs) => startMs >= fromMs && startMs < fromMs + 1000).length;

		expect(within(0)).toBeLessThanOrEqual(51);
		expect(within(4000)).toBeLessThanOrEqual(53);
		expect(within(20_000)).toBeGreaterThan(85);
	});

	it('probes boldly after an outage', () => {
		const pacer = createPacer(50, 0, 'exponential');
		const starts: number[] = [];
		while ((starts.at(-1) ?? 0) < 3000) {
			starts.push(takeTurnMs(pacer, 0));
		}

		expect(starts.length).toBeGreaterThan(400);
	});

	it('is measured over the answers and the pause', () => {
		expect(sustainableRate(50, 250, 1000)).toBe(40);
		expect(sustainableRate(0, 0, 1000)).toBe(1);
	});
});

/** Accepts this number of requests in any second; refuses others with 429 and `Retry-After: 1`. */
async function startLimitedServer(perSecond: number) {
	const recent: number[] = [];
	const counts = { requests: 0, refused: 0 };
	const server = createServer((request, response) => {
		counts.requests += 1;
		const nowMs = performance.now();
		while ((recent[0] ?? nowMs) <= nowMs - 1000) {
			recent.shift();
		}
		if (recent.length < perSecond) {
			recent.push(nowMs);
			answerGif(request, response);
		} else {
			counts.refused += 1;
			response.writeHead(429, { 'retry-after': '1', 'content-length': 0 }).end();
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, counts };
}

describe.concurrent.each(['async', 'threads'] as const)(
	'a server that allows 50 requests a second, by %s',
	(name) => {
		it('gives 254 files for few more than 254 requests', async () => {
			const { url, counts } = await startLimitedServer(50);
			const folder = await temporaryFolder();
			const targets = Array.from({ length: 254 }, (_, index) => ({
				id: String(index),
				index,
				url: `${url}/${index}.gif`,
				dest: join(folder, `${index}.gif`),
			}));

			const outcomes = await collect(
				strategies[name](targets, {
					options: DEFAULT_OPTIONS,
					concurrency: 16,
					threads: 2,
					signal: never,
				}),
			);

			expect(outcomes.filter(({ status }) => status === 'ok').length).toBe(254);
			expect(counts.refused).toBeLessThanOrEqual(16 + 4);
			expect(counts.requests).toBeLessThanOrEqual(275);
		});
	},
);
