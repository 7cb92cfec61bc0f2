import type { RunAttempt } from '../results.ts';

/** Two that overlap by less are one after the other: times are rounded. */
const TOUCH_MS = 0.05;

/**
 * Gives each request the first lane that is free when it starts. Slots have no names: with n of them
 * there are n lanes, and what follows in a lane took over its slot.
 *
 * @returns The number of a lane, from 0, for each request, in the order of `attempts`.
 */
export function lanesOf(attempts: readonly RunAttempt[]): readonly number[] {
	const freeMs: number[] = [];
	const lanes = attempts.map(() => 0);
	const order = attempts
		.map((attempt, at) => ({ attempt, at }))
		.sort((one, other) => one.attempt.startMs - other.attempt.startMs);
	for (const { attempt, at } of order) {
		const free = freeMs.findIndex((ms) => ms <= attempt.startMs + TOUCH_MS);
		const lane = free === -1 ? freeMs.length : free;
		freeMs[lane] = attempt.endMs;
		lanes[at] = lane;
	}
	return lanes;
}
