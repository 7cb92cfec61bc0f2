import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chain, scheduleMs } from '../../../src/bench/analysis/ideal.ts';

const once = (slotMs: number): Chain => [{ waitMs: 0, slotMs }];

describe('scheduleMs', () => {
	it.each([
		[120, 1, 6000],
		[120, 8, 750],
		[120, 32, 200],
		[121, 32, 200],
		[129, 32, 250],
		[20, 20, 50],
		[20, 100, 50],
		[0, 8, 0],
	])('of %i files of 50 ms on %i slots is exactly %i ms', (files, slots, expected) => {
		expect(
			scheduleMs(
				Array.from({ length: files }, () => once(50)),
				slots,
			),
		).toBe(expected);
		expect(expected).toBe(Math.ceil(files / slots) * 50 * Math.min(files, 1));
	});

	it('gives the next file to the slot that is free first', () => {
		// Slot 1: 30, then 10 and 10; slot 2: 10 + 20 + ... by hand: 30|40, 10|30|40.
		expect(scheduleMs([30, 10, 20, 10, 10].map(once), 2)).toBe(40);
	});

	it('lets others use the slot of one that backs off', () => {
		const retried: Chain = [
			{ waitMs: 0, slotMs: 10 },
			{ waitMs: 100, slotMs: 10 },
		];

		expect(scheduleMs([retried, once(50), once(50)], 1)).toBe(120);
		expect(scheduleMs([retried, once(50)], 1)).toBe(120);
		expect(scheduleMs([retried, once(200)], 1)).toBe(220);
	});

	it('starts a retry that is ready before a file that has not begun', () => {
		const retried: Chain = [
			{ waitMs: 0, slotMs: 10 },
			{ waitMs: 5, slotMs: 10 },
			{ waitMs: 100, slotMs: 10 },
		];

		expect(scheduleMs([retried, once(10), once(10), once(10)], 1)).toBe(140);
	});

	it('is never below what the longest file or the sum of all take', () => {
		const chain = fc.array(fc.record({ waitMs: fc.nat(500), slotMs: fc.nat(200) }), {
			minLength: 1,
			maxLength: 4,
		});
		fc.assert(
			fc.property(
				fc.array(chain, { maxLength: 40 }),
				fc.integer({ min: 1, max: 20 }),
				(chains, slots) => {
					const longest = Math.max(
						0,
						...chains.map((steps) => steps.reduce((ms, step) => ms + step.waitMs + step.slotMs, 0)),
					);
					const all = chains.flat().reduce((ms, step) => ms + step.slotMs, 0);
					const ms = scheduleMs(chains, slots);

					expect(ms).toBeGreaterThanOrEqual(longest);
					expect(ms).toBeGreaterThanOrEqual(all / slots - 1e-9);
					expect(ms).toBeLessThanOrEqual(
						all + chains.flat().reduce((sum, step) => sum + step.waitMs, 0),
					);
				},
			),
		);
	});
});
