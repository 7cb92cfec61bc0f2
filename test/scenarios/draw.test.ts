import { expect, it } from 'vitest';
import { draw, drawLatencyMs, normalQuantile } from '../../src/scenarios/draw.ts';

const DICE = { seed: 1, rule: 'a', path: '/flags/br/br.gif', attempt: 1, dimension: 'select' };

it('is frozen: published plans must stay what they are', () => {
	expect(draw(DICE)).toBe(FROZEN_DRAW);
	expect(drawLatencyMs({ dist: 'log-normal', p50Ms: 40, p99Ms: 250 }, draw(DICE))).toBe(FROZEN_MS);
});

// Computed with Python's hashlib and statistics.NormalDist.
const FROZEN_DRAW = 0.5873558571870399;
const FROZEN_MS = 47.6;

it('changes with each thing that it depends on', () => {
	const draws = [
		DICE,
		{ ...DICE, seed: 2 },
		{ ...DICE, rule: 'b' },
		{ ...DICE, path: '/flags/jp/jp.gif' },
		{ ...DICE, attempt: 2 },
		{ ...DICE, dimension: 'latency' },
	].map(draw);

	expect(new Set(draws).size).toBe(draws.length);
});

it('is uniform', () => {
	const buckets = Array.from({ length: 20 }, () => 0);
	for (let attempt = 0; attempt < 20_000; attempt += 1) {
		const bucket = Math.floor(draw({ ...DICE, attempt }) * buckets.length);
		buckets[bucket] = (buckets[bucket] ?? 0) + 1;
	}
	const chiSquare = buckets.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);

	expect(chiSquare).toBeLessThan(43.8); // 99.9th percentile with 19 degrees of freedom.
});

it.each([
	[0.5, 0],
	[0.975, 1.959963984540054],
	[0.01, -2.3263478740408408],
	[1e-9, -5.997807015007687],
	[0, -8.209536151601386],
	[1, 8.209536151601386],
	// Near the points where another formula applies.
	[0.0242, -1.9738394633131993],
	[0.0243, -1.9720841590292884],
	[0.9757, 1.9720841590292884],
	[0.9758, 1.9738394633131993],
	[0.3, -0.5244005127080407],
	[0.999999, 4.753424308817089],
])('has the normal quantile of %d', (probability, z) => {
	expect(normalQuantile(probability)).toBeCloseTo(z, 7);
});

it('draws latencies that have the named percentiles', () => {
	const latency = { dist: 'log-normal', p50Ms: 40, p99Ms: 250 } as const;

	expect(drawLatencyMs(latency, 0.5)).toBe(40);
	expect(drawLatencyMs(latency, 0.99)).toBe(250);
	expect(drawLatencyMs({ ...latency, maxMs: 200 }, 0.99)).toBe(200);
	expect(drawLatencyMs(latency, 0)).toBe(0.06);
	expect(drawLatencyMs(latency, 0.25)).toBe(23.51);
	expect(drawLatencyMs({ ...latency, maxMs: 23.51 }, 0.25)).toBe(23.51);
	expect(drawLatencyMs({ dist: 'constant', ms: 7 }, 0.25)).toBe(7);
	expect(drawLatencyMs({ dist: 'uniform', minMs: 10, maxMs: 20 }, 0.25)).toBe(12.5);
});
