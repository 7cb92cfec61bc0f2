import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/bench/experiment/experiment.ts';
import { studentT } from '../../src/statistics/estimate.ts';
import { pairedRatio } from '../../src/statistics/paired-ratio.ts';
import { simulate, type World } from './simulate.ts';

describe('pairedRatio', () => {
	it('gives neither interval nor method for two rounds', () => {
		expect(
			pairedRatio([
				[2, 1],
				[2, 1],
			]),
		).toEqual({ ratio: 2, rounds: 2, longer: 2 });
	});

	it.each([
		[3, 'student-t'],
		[5, 'student-t'],
		[6, 'signed-rank'],
		[7, 'signed-rank'],
	])('takes for %i rounds the interval of %s', (rounds, method) => {
		const pairs = Array.from({ length: rounds }, (_, i) => [3 + i / 10, 1] as const);

		expect(pairedRatio(pairs).interval?.method).toBe(method);
	});

	it('sees through what slows a whole round down', () => {
		const pairs = [1, 5, 2, 9, 3, 1, 4].map((drift) => [3 * drift, drift] as const);

		const { ratio, interval, longer } = pairedRatio(pairs);

		expect(ratio).toBeCloseTo(3, 10);
		expect(interval?.low).toBeCloseTo(3, 10);
		expect(interval?.high).toBeCloseTo(3, 10);
		expect(longer).toBe(7);
	});

	it('turns around when the two are exchanged', () => {
		const pairs = [
			[1.1, 2],
			[0.9, 2.1],
			[1.3, 1.8],
			[1, 2],
			[1.2, 2.2],
			[1.05, 2.05],
		] as const;
		const there = pairedRatio(pairs);
		const back = pairedRatio(pairs.map(([a, b]) => [b, a] as const));

		expect(back.ratio).toBeCloseTo(1 / there.ratio, 10);
		expect(back.interval?.high).toBeCloseTo(1 / (there.interval?.low ?? 0), 10);
	});
});

describe('studentT', () => {
	it('is the interval of the textbook', () => {
		// mean 2, s = 1, t(0.975, 2) = 4.303: 2 ± 4.303 / √3
		const { value, lower, upper } = studentT([1, 2, 3]);

		expect(value).toBe(2);
		expect(lower).toBeCloseTo(2 - 4.3026527 / Math.sqrt(3), 6);
		expect(upper).toBeCloseTo(2 + 4.3026527 / Math.sqrt(3), 6);
	});

	it('refuses samples that are too small', () => {
		expect(() => studentT([1, 2])).toThrow('at least 3 observations');
	});
});

describe('coverage of the 95 % interval', () => {
	const BENCHES = 4000;
	const worlds: readonly (readonly [string, World])[] = [
		['noise', { noise: 0.03, drift: 0, outlierShare: 0, outlierFactor: 1 }],
		['drift of the machine', { noise: 0.03, drift: 0.08, outlierShare: 0, outlierFactor: 1 }],
		['drift and outliers', { noise: 0.03, drift: 0.08, outlierShare: 0.05, outlierFactor: 1.6 }],
	];

	describe.each(worlds)('with %s', (_, world) => {
		it.each([7, 10, 20])('is at least 93 %% for %i rounds', (rounds) => {
			const random = randomStream(2026);
			const truth = 1.25;
			let covered = 0;
			for (let bench = 0; bench < BENCHES; bench += 1) {
				const { interval } = pairedRatio(simulate(truth, rounds, world, random));
				if (interval && interval.low <= truth && truth <= interval.high) {
					covered += 1;
				}
			}

			expect(covered / BENCHES).toBeGreaterThanOrEqual(0.93);
		});
	});
});
