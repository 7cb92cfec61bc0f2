import { expect, it } from 'vitest';
import { randomStream, shuffled } from '../../../src/bench/experiment/experiment.ts';

it('gives the same order for the same seed, another for another', () => {
	const items = Array.from({ length: 20 }, (_, i) => i);

	expect(shuffled(items, randomStream(1))).toEqual(shuffled(items, randomStream(1)));
	expect(shuffled(items, randomStream(1))).not.toEqual(shuffled(items, randomStream(2)));
	expect(shuffled(items, randomStream(1)).sort((a, b) => a - b)).toEqual(items);
});

it('puts each item in each place about as often', () => {
	const random = randomStream(7);
	const firsts = [0, 0, 0];
	for (let i = 0; i < 6000; i += 1) {
		const first = shuffled([0, 1, 2], random)[0] as number;
		firsts[first] = (firsts[first] ?? 0) + 1;
	}

	for (const count of firsts) {
		expect(Math.abs(count - 2000)).toBeLessThan(150);
	}
});
