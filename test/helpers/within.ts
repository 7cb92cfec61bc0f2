import { expect } from 'vitest';

/** Other tests and a busy machine take their share of what a promise has. */
const SLACK = process.env['CI'] === undefined ? 2 : 4;

/**
 * Expects that no more time has passed than is promised, times a generous factor: what breaks the promise waits for a
 * time-out, and takes many times as long. Where the time itself tells one behaviour from another, this is not for it.
 *
 * @param startMs - Of `performance.now()`.
 */
export function expectWithin(promisedMs: number, startMs: number): void {
	const tookMs = performance.now() - startMs;
	expect(tookMs, `milliseconds that it took, where ${promisedMs} are promised`).toBeLessThan(
		promisedMs * SLACK,
	);
}
