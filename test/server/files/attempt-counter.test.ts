import { expect, it } from 'vitest';
import { AttemptCounter } from '../../../src/server/files/scenario-requests.ts';

it('counts for each run and path', () => {
	const counter = new AttemptCounter();
	expect([counter.next('a', '/1'), counter.next('a', '/1'), counter.next('a', '/2')]).toEqual([
		1, 2, 1,
	]);
	expect([counter.next('b', '/1'), counter.next('a', '/1')]).toEqual([1, 3]);
});

it('races an attempt once, and gives it back', () => {
	const counter = new AttemptCounter();
	const first = counter.next('a', '/');

	expect(counter.race('a', '/', first)).toBe(true);
	expect(counter.next('a', '/')).toBe(first);
	expect(counter.race('a', '/', first)).toBe(false);
	expect(counter.next('a', '/')).toBe(first + 1);
	expect(counter.race('a', '/', first + 1)).toBe(true);
});

it('forgets the run that was not heard of for longest', () => {
	const counter = new AttemptCounter();
	counter.next('kept', '/');
	counter.next('old', '/');
	for (let run = 0; run < 62; run += 1) {
		counter.next(`run ${run}`, '/');
	}
	expect(counter.next('kept', '/')).toBe(2);

	counter.next('one more', '/');
	expect(counter.next('kept', '/')).toBe(3);
	expect(counter.next('old', '/')).toBe(1);
});
