import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '../../../src/download/http/response.ts';
import { backOffMs, jitter } from '../../../src/download/origin/limiter.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12, 0, 0);

describe('Retry-After', () => {
	it.each([
		['0', 0],
		['120', 120_000],
		['9'.repeat(40), 2 ** 31 * 1000],
		['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
		['Mon, 23 Nov 2026 11:00:00 GMT', 0],
	])('%s is %i ms', (header, waitMs) => {
		expect(parseRetryAfter(header, NOW_MS)).toBe(waitMs);
	});

	it.each(['-1', '1.5', 'soon', '', '1 s', 'Xxx, 99 Yyy 2026 12:00:00 GMT'])(
		'%s is no wait that a server may ask for',
		(header) => {
			expect(parseRetryAfter(header, NOW_MS)).toBeUndefined();
		},
	);
});

describe('back-off', () => {
	it('doubles from half a second up to half a minute', () => {
		expect([0, 1, 2, 3, 10].map((retry) => backOffMs(retry, 1))).toEqual([
			500, 1000, 2000, 4000, 30_000,
		]);
	});

	it('is jittered over all of it', () => {
		expect(backOffMs(2, 0)).toBe(0);
		expect(backOffMs(2, 0.25)).toBe(500);
	});

	it('is the same for the same seed, URL and retry, and only then', () => {
		const one = jitter(1, 'http://a/', 0);

		expect(jitter(1, 'http://a/', 0)).toBe(one);
		expect(one).toBeGreaterThanOrEqual(0);
		expect(one).toBeLessThan(1);
		expect(
			new Set([
				one,
				jitter(2, 'http://a/', 0),
				jitter(1, 'http://b/', 0),
				jitter(1, 'http://a/', 1),
			]).size,
		).toBe(4);
	});
});
