import { describe, expect, it } from 'vitest';
import { backOffBoundMs, backOffMs, jitter } from '../../../src/download/origin/limiter.ts';
import {
	createPacer,
	type Growth,
	sustainableRate,
	takeTurnMs,
} from '../../../src/download/origin/pacer.ts';

/** Times of the turns, if each is taken as soon as it is due. */
function turnsOf(growth: Growth, perSecond: number, count: number): number[] {
	const pacer = createPacer(perSecond, 1000, growth);
	return Array.from({ length: count }, () => takeTurnMs(pacer, 0));
}

describe('a pacer', () => {
	it('that is fixed spaces turns evenly, and keeps none for later', () => {
		expect(turnsOf('fixed', 4, 4)).toEqual([1000, 1250, 1500, 1750]);
		const pacer = createPacer(4, 1000, 'fixed');
		expect([5000, 5000, 5100].map((nowMs) => takeTurnMs(pacer, nowMs))).toEqual([5000, 5250, 5500]);
	});

	it('of an outage doubles its rate each second, and less than a million times', () => {
		const pacer = createPacer(1, 1000, 'exponential');

		expect([1000, 4000].map((nowMs) => takeTurnMs(pacer, nowMs))).toEqual([1000, 4000]);
		expect(takeTurnMs(pacer, 0)).toBe(4125);
		takeTurnMs(pacer, 1_000_000);
		expect(takeTurnMs(pacer, 0) - 1_000_000).toBeCloseTo(1000 / 2 ** 20, 6);
	});

	it('of a refusal rises slowly: 4 % after 4.5 s, double after 22.4 s', () => {
		const pacer = createPacer(1, 1000, 'cubic');

		takeTurnMs(pacer, 5500);
		expect(takeTurnMs(pacer, 0) - 5500).toBeCloseTo(1000 / 1.0405, 6);
		takeTurnMs(pacer, 23_361);
		expect(takeTurnMs(pacer, 0) - 23_361).toBeCloseTo(500, 1);
	});
});

it('what an origin bears are its answers over their time and the pause that it asks for', () => {
	expect(sustainableRate(30, 2000, 1000)).toBe(10);
	expect(sustainableRate(0, 1500, 500)).toBe(0.5);
	expect(sustainableRate(3, 0, 0)).toBe(3000);
});

describe('back-off', () => {
	it('doubles from half a second to half a minute', () => {
		expect([0, 1, 2, 5, 6, 60].map(backOffBoundMs)).toEqual([
			500, 1000, 2000, 16_000, 30_000, 30_000,
		]);
		expect(backOffMs(2, 0.25)).toBe(500);
	});

	it('has a random number that is a function of seed, URL and retry', () => {
		const given = jitter(1, 'http://h/a', 0);

		expect(given).toBe(jitter(1, 'http://h/a', 0));
		const others = [
			jitter(2, 'http://h/a', 0),
			jitter(1, 'http://h/b', 0),
			jitter(1, 'http://h/a', 1),
		];
		expect(new Set([given, ...others]).size).toBe(4);
		const many = Array.from({ length: 1000 }, (_, retry) => jitter(1, 'http://h/a', retry));
		expect(Math.min(...many)).toBeGreaterThanOrEqual(0);
		expect(Math.max(...many)).toBeLessThan(1);
		expect(many.reduce((sum, one) => sum + one) / 1000).toBeCloseTo(0.5, 1);
		expect(jitter(undefined, 'http://h/a', 0)).not.toBe(jitter(undefined, 'http://h/a', 0));
	});
});
