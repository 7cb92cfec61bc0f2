import { expect } from 'vitest';

/** Other tests and a busy machine use part of the promised time. */
const SLACK = process.env['CI'] === undefined ? 2 : 4;

/**
 * Expects that no more than the promised time has passed, times a generous factor: a broken promise waits for a
 * timeout, which takes many times as long. Not suitable if the time itself distinguishes two behaviours.
 *
 * @param startMs - From `performance.now()`.
 */
export function expectWithin(promisedMs: number, startMs: number): void {
	const tookMs = performance.now() - startMs;
	expect(tookMs, `milliseconds that it took, where ${promisedMs} are promised`).toBeLessThan(
		promisedMs * SLACK,
	);
}
