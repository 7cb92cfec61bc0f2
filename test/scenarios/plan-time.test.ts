import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenarios/load-scenario.ts';
import type { PlannedAttempt, PlannedTarget } from '../../src/scenarios/plan.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import { planTime } from '../../src/scenarios/plan-time.ts';
import { flagCodes } from '../../src/scenarios/served-files.ts';

function target(...durations: readonly [durationMs: number, waitMs?: number][]): PlannedTarget {
	const attempts = durations.map(
		([durationMs, waitMs], index): PlannedAttempt => ({
			number: index + 1,
			latencyMs: durationMs,
			durationMs,
			requests: 1,
			result: 'ok',
			...(waitMs !== undefined && { waitMs }),
		}),
	);
	return { id: 'XX', path: '/', status: 'ok', requests: attempts.length, attempts };
}

it.each([
	[194, 32, 50, 350],
	[194, 1, 50, 9_700],
	[194, 194, 50, 50],
	[194, 500, 50, 50],
	[0, 8, 50, 0],
	[200_000, 200, 50, 50_000],
])('%d equal latencies on %d slots are a division', (count, slots, latencyMs, expected) => {
	const targets = Array.from({ length: count }, () => target([latencyMs]));
	const { idealMs, lowerBoundMs } = planTime(targets, slots, {});
	expect([idealMs, lowerBoundMs]).toEqual([expected, expected]);
});

it('goes through targets in order, each on the first free slot', () => {
	const targets = [[30], [10], [10], [10], [25]].map(([ms = 0]) => target([ms]));
	expect(planTime(targets, 2, {})).toMatchObject({ idealMs: 55 });
});

it('is bound by the longest attempts that some slot must have', () => {
	const targets = [10, 10, 10, 10, 10, 1, 1].map((ms) => target([ms]));
	expect(planTime(targets, 3, {})).toMatchObject({ idealMs: 20, lowerBoundMs: 20 });
});

it('waits Retry-After out without holding a slot', () => {
	const targets = [target([10, 1000], [10]), target([10]), target([10])];
	expect(planTime(targets, 1, {})).toMatchObject({ idealMs: 1020, lowerBoundMs: 1020 });
});

it('has no more slots than the server lets in', () => {
	const targets = Array.from({ length: 8 }, () => target([100]));
	expect(planTime(targets, 8, { maxInFlight: 2 })).toMatchObject({ idealMs: 400 });
	expect(planTime(targets, 8, { maxConnections: 4 })).toMatchObject({ idealMs: 200 });
});

it('keeps to the rate', () => {
	const targets = Array.from({ length: 11 }, () => target([1]));
	const rate = { requests: 5, windowMs: 1000 };
	expect(planTime(targets, 11, { rate })).toMatchObject({ idealMs: 2001, lowerBoundMs: 2000 });
	expect(planTime(targets.slice(1), 11, { rate })).toMatchObject({
		idealMs: 1001,
		lowerBoundMs: 1000,
	});
});

it('counts the bandwidth', () => {
	const scenario = parseScenario({ version: 1, latency: '10ms', limits: { bandwidth: '10kB/s' } });
	const options = { retries: 0, concurrency: 1, bytesOf: () => 500 };
	expect(planRun(scenario, ['br', 'jp'], options).time?.idealMs).toBe(120);
});

it('counts the patience that a stall costs', () => {
	const rules = [{ id: 'a', attempts: '1', then: { type: 'stall', at: 'after-headers' } }];
	const scenario = parseScenario({ version: 1, latency: '10ms', rules });
	const options = { retries: 1, concurrency: 1, stallTimeMs: 2_000 };
	expect(planRun(scenario, ['br'], options).time?.idealMs).toBe(2_020);
});

describe('in any case', () => {
	const durations = fc.array(
		fc.tuple(fc.integer({ min: 0, max: 500 }), fc.option(fc.nat(300), { nil: undefined })),
		{ minLength: 1, maxLength: 4 },
	);

	it('no order is faster than the lower bound', () => {
		fc.assert(
			fc.property(
				fc.array(durations, { maxLength: 30 }),
				fc.integer({ min: 1, max: 10 }),
				(all, slots) => {
					const targets = all.map((attempts) =>
						target(
							...attempts.map(
								([ms, wait]) => (wait === undefined ? [ms] : [ms, wait]) as [number, number?],
							),
						),
					);
					const { idealMs, lowerBoundMs } = planTime(targets, slots, {});
					const reversed = planTime([...targets].reverse(), slots, {}).idealMs;
					expect(Math.min(idealMs, reversed)).toBeGreaterThanOrEqual(lowerBoundMs);
				},
			),
		);
	});

	it('more slots make the lower bound no longer', () => {
		const scenario = parseScenario({
			version: 1,
			latency: { dist: 'log-normal', p50: '40ms', p99: '250ms' },
		});
		const bounds = [1, 2, 4, 8, 16, 32, 64].map(
			(concurrency) =>
				planRun(scenario, flagCodes(), { retries: 0, concurrency }).time?.lowerBoundMs ?? 0,
		);
		expect(bounds).toEqual([...bounds].sort((a, b) => b - a));
	});
});
