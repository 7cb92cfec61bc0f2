import { describe, expect, it } from 'vitest';
import type { RequestResult } from '../../../src/download/origin/limiter.ts';
import { RateLimitDetector } from '../../../src/download/origin/rate-limit-detector.ts';

const ORIGIN = 'http://127.0.0.1:1';
const ANSWERED: RequestResult = { kind: 'answered' };

/** Passes responses with these statuses to a detector; all requests are sent and answered at this time. */
function tell(detector: RateLimitDetector, statuses: readonly number[], atMs = 0): RequestResult[] {
	return statuses.map((status) => detector.result(ORIGIN, status, atMs, atMs));
}

const times = (count: number, ...statuses: number[]) =>
	Array.from({ length: count }, () => statuses).flat();

describe('a rate limit detector', () => {
	it('takes every 429 for a rate limit', () => {
		expect(tell(new RateLimitDetector(), [429])).toEqual([
			{ kind: 'refused', status: 429, retryAfterMs: 1000 },
		]);
	});

	it('suspects a rate limit where half of 32 answers are 503, and not before', () => {
		const results = tell(new RateLimitDetector(), times(16, 200, 503));

		expect(results.slice(0, -1)).toEqual(times(31, 0).map(() => ANSWERED));
		expect(results.at(-1)).toMatchObject({ kind: 'refused', retryAfterMs: 1000 });
	});

	it('suspects nothing where a third of the answers are 503, or others are bad', () => {
		const detector = new RateLimitDetector();

		expect(tell(detector, times(100, 200, 503, 200)).every(({ kind }) => kind === 'answered')).toBe(
			true,
		);
		expect(tell(detector, times(100, 500)).every(({ kind }) => kind === 'answered')).toBe(true);
	});

	it('is sure when the pause has helped, and then takes each 503 for a refusal', () => {
		const detector = new RateLimitDetector();
		tell(detector, times(16, 503), 0);

		// Requests that were sent before the pause are no evidence.
		expect(tell(detector, times(15, 503), -1)).toEqual(times(15, 0).map(() => ANSWERED));
		tell(detector, [503, ...times(15, 200)], 2000);

		expect(tell(detector, [200, 503], 3000)).toEqual([
			ANSWERED,
			{ kind: 'refused', status: 429, retryAfterMs: 1000 },
		]);
	});

	it('never suspects again where the pause has not helped', () => {
		const detector = new RateLimitDetector();
		tell(detector, times(16, 503), 0);
		tell(detector, times(3, 503), 2000);

		expect(tell(detector, times(100, 503), 3000)).toEqual(times(100, 0).map(() => ANSWERED));
	});

	it('knows origins apart', () => {
		const detector = new RateLimitDetector();
		tell(detector, times(15, 503));

		expect(detector.result('http://127.0.0.1:2', 503, 0, 0)).toEqual(ANSWERED);
		expect(tell(detector, [503])).toMatchObject([{ kind: 'refused' }]);
	});
});
