import { expect, it } from 'vitest';
import { waitingMs } from '../../../src/bench/analysis/bound-by.ts';
import { makeAttempt } from '../make-measured.ts';

it('counts the time in which a slot was idle and a file waited, and no other', () => {
	const attempts = [
		makeAttempt(0, 0, 100),
		makeAttempt(1, 0, 50),
		// It waits from 50 on; until 200 one of two slots is idle, after 100 both are.
		{ ...makeAttempt(1, 200, 50), number: 2, waitedMs: 150 },
	];

	expect(waitingMs({ attempts }, 2)).toBe(150);
	expect(waitingMs({ attempts }, 1)).toBe(100);
});

it('counts neither a queue for slots that are all busy nor the start of a pool', () => {
	const attempts = [
		makeAttempt(0, 0, 100),
		{ ...makeAttempt(1, 100, 100), number: 2, waitedMs: 100 },
		{ ...makeAttempt(2, 300, 100), waitedMs: 100 },
	];

	expect(waitingMs({ attempts }, 1)).toBe(0);
});
