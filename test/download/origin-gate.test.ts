import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import { openGate } from '../../src/download/origin-gate.ts';
import { nowMs } from '../../src/download/outcome.ts';
import { bearableRate, openPace } from '../../src/download/pace.ts';
import { strategies } from '../../src/strategies/index.ts';
import { collect } from '../helpers/collect.ts';
import { answerGif } from '../helpers/hold-server.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const ORIGIN = 'http://127.0.0.1:1';
const never = new AbortController().signal;

describe('a gate', () => {
	it('lets everybody in at once until somebody is refused', async () => {
		const gate = openGate({});
		const permit = gate.tryEnter(ORIGIN);

		expect(gate.isHolding()).toBe(false);
		permit?.leave({ kind: 'refused', status: 429, retryAfterMs: 50 });

		expect(gate.isHolding()).toBe(true);
		expect(permit?.isStale()).toBe(true);
		expect(gate.tryEnter(ORIGIN)).toBeUndefined();
		expect(gate.tryEnter('http://127.0.0.1:2')).toBeDefined();
		const before = performance.now();
		const next = await gate.enter(ORIGIN, never);
		expect(performance.now() - before).toBeGreaterThanOrEqual(49);
		expect(next.isStale()).toBe(false);
	});

	it('closes after 20 failures to reach an origin in a row, not after answers', async () => {
		const gate = openGate({});
		const fail = (times: number) => {
			for (let time = 0; time < times; time += 1) {
				gate.tryEnter(ORIGIN)?.leave({ kind: 'unreachable', code: 'ECONNREFUSED' });
			}
		};
		fail(19);
		gate.tryEnter(ORIGIN)?.leave({ kind: 'answered' });
		fail(19);
		gate.tryEnter(ORIGIN)?.leave({ kind: 'broken' });
		expect(gate.isHolding()).toBe(false);

		fail(1);

		await expect(gate.enter(ORIGIN, never)).rejects.toMatchObject({
			code: 'origin_down',
			message: expect.stringContaining('20 failures to reach it in a row (ECONNREFUSED)') as string,
		});
	});

	it('gives up waiting when it is told to', async () => {
		const gate = openGate({ maxPerHost: 1 });
		await gate.enter(ORIGIN, never);
		const controller = new AbortController();
		const waiting = gate.enter(ORIGIN, controller.signal);

		controller.abort(new Error('enough'));

		await expect(waiting).rejects.toThrow('enough');
	});

	it('says what makes requests wait', async () => {
		expect(openGate({}).holdOf?.(ORIGIN)).toBeUndefined();
		expect(openGate({ rate: { requests: 1, windowMs: 1 } }).holdOf?.(ORIGIN)).toEqual({
			kind: 'rated',
		});

		const gate = openGate({ maxPerHost: 1 });
		expect(gate.holdOf?.(ORIGIN)).toBeUndefined();
		const permit = await gate.enter(ORIGIN, never);
		expect(gate.holdOf?.(ORIGIN)).toEqual({ kind: 'crowded' });

		const before = nowMs();
		permit.leave({ kind: 'refused', status: 429, retryAfterMs: 200 });
		const hold = gate.holdOf?.(ORIGIN);
		const untilMs = hold?.kind === 'paused' ? hold.untilMs : 0;
		expect(untilMs - before).toBeGreaterThanOrEqual(200);
		expect(untilMs - nowMs()).toBeLessThanOrEqual(200);

		const next = await gate.enter(ORIGIN, never);
		expect(nowMs()).toBeGreaterThanOrEqual(untilMs);
		next.leave({ kind: 'answered' });
		expect(gate.holdOf?.(ORIGIN)).toEqual({ kind: 'paced' });
	});
});

describe('a pace', () => {
	it('spaces starts evenly', () => {
		const pace = openPace(10, 1000, 'never');

		expect([0, 0, 0, 1500].map((nowMs) => pace.nextTurnMs(nowMs))).toEqual([
			1000, 1100, 1200, 1500,
		]);
	});

	it('probes upwards, slowly at first', () => {
		const pace = openPace(50, 0, 'carefully');
		const starts: number[] = [];
		while ((starts.at(-1) ?? 0) < 30_000) {
			starts.push(pace.nextTurnMs(0));
		}
		const within = (fromMs: number) =>
			starts.filter((startMs) => startMs >= fromMs && startMs < fromMs + 1000).length;

		expect(within(0)).toBeLessThanOrEqual(51);
		expect(within(4000)).toBeLessThanOrEqual(53);
		expect(within(20_000)).toBeGreaterThan(85);
	});

	it('probes boldly after an outage', () => {
		const pace = openPace(50, 0, 'boldly');
		const starts: number[] = [];
		while ((starts.at(-1) ?? 0) < 3000) {
			starts.push(pace.nextTurnMs(0));
		}

		expect(starts.length).toBeGreaterThan(400);
	});

	it('is measured over the answers and the pause', () => {
		expect(bearableRate(50, 250, 1000)).toBe(40);
		expect(bearableRate(0, 0, 1000)).toBe(1);
	});
});

/** Answers so many requests in any second; to others 429 with `Retry-After: 1`. */
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

describe.each(['async', 'threads'] as const)(
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
