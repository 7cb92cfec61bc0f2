import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createNames, Slots } from '../../src/download/context.ts';

describe('slots', () => {
	it('are as many as the concurrency, and go to those that wait in their order', async () => {
		const slots = new Slots(2);
		const got: string[] = [];
		const wait = (name: string) => void slots.acquire()?.then(() => got.push(name));

		expect([slots.acquire(), slots.acquire()]).toEqual([undefined, undefined]);
		wait('first');
		wait('second');
		await setImmediate();
		expect(got).toEqual([]);
		slots.release();
		await setImmediate();
		expect(got).toEqual(['first']);
		slots.release();
		await setImmediate();
		expect(got).toEqual(['first', 'second']);

		slots.release();
		expect(slots.acquire()).toBeUndefined();
		expect(slots.acquire()).toBeInstanceOf(Promise);
	});

	it.each([
		[8, 6],
		[5, 3],
		[1, 1],
	])('of which %i are taken are %i, once there is no file descriptor left', async (taken, left) => {
		const slots = new Slots(8);
		for (let count = 0; count < taken; count += 1) {
			expect(slots.acquire()).toBeUndefined();
		}

		slots.reduceLimit();

		let waiting = true;
		void slots.acquire()?.then(() => {
			waiting = false;
		});
		// Slots above the limit are not passed on.
		for (let count = left; count < taken; count += 1) {
			slots.release();
			await setImmediate();
			expect(waiting).toBe(true);
		}
		slots.release();
		await setImmediate();
		expect(waiting).toBe(false);
	});
});

describe('the names of a run', () => {
	it('are given once each, compared without case and in one form of Unicode', async () => {
		const names = createNames();

		expect(await names.claim('/a/Br.gif', '1')).toBe(true);
		expect(await names.claim('/a/Br.gif', '1')).toBe(true);
		expect(await names.claim('/a/bR.GIF', '2')).toBe(false);
		expect(await names.claim('/a/br.gif', '1')).toBe(true);
		expect(await names.claim('/b/br.gif', '2')).toBe(true);
		expect(await names.claim('/a/\u00e9', '3')).toBe(true);
		expect(await names.claim('/a/e\u0301', '4')).toBe(false);
		expect(await names.claim('/a/e', '4')).toBe(true);
	});
});
