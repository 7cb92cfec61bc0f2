import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/download/gate.ts';
import { OverloadWatch } from '../../src/download/overload-watch.ts';

const ORIGIN = 'http://127.0.0.1:1';
const ANSWERED: Report = { kind: 'answered' };

/** Tells a watch of answers with these statuses, all to requests sent and answered at this time. */
function tell(watch: OverloadWatch, statuses: readonly number[], atMs = 0): Report[] {
	return statuses.map((status) => watch.report(ORIGIN, status, atMs, atMs));
}

const times = (count: number, ...statuses: number[]) =>
	Array.from({ length: count }, () => statuses).flat();

describe('an overload watch', () => {
	it('takes every 429 for a rate limit', () => {
		expect(tell(new OverloadWatch(), [429])).toEqual([
			{ kind: 'refused', status: 429, retryAfterMs: 1000 },
		]);
	});

	it('suspects a rate limit where half of 32 answers are 503, and not before', () => {
		const reports = tell(new OverloadWatch(), times(16, 200, 503));

		expect(reports.slice(0, -1)).toEqual(times(31, 0).map(() => ANSWERED));
		expect(reports.at(-1)).toMatchObject({ kind: 'refused', retryAfterMs: 1000 });
	});

	it('suspects nothing where a third of the answers are 503, or others are bad', () => {
		const watch = new OverloadWatch();

		expect(tell(watch, times(100, 200, 503, 200)).every(({ kind }) => kind === 'answered')).toBe(
			true,
		);
		expect(tell(watch, times(100, 500)).every(({ kind }) => kind === 'answered')).toBe(true);
	});

	it('is sure when the pause has helped, and then takes each 503 for a refusal', () => {
		const watch = new OverloadWatch();
		tell(watch, times(16, 503), 0);

		// What had been sent before the pause says nothing about it.
		expect(tell(watch, times(15, 503), -1)).toEqual(times(15, 0).map(() => ANSWERED));
		tell(watch, [503, ...times(15, 200)], 2000);

		expect(tell(watch, [200, 503], 3000)).toEqual([
			ANSWERED,
			{ kind: 'refused', status: 429, retryAfterMs: 1000 },
		]);
	});

	it('never suspects again where the pause has not helped', () => {
		const watch = new OverloadWatch();
		tell(watch, times(16, 503), 0);
		tell(watch, times(3, 503), 2000);

		expect(tell(watch, times(100, 503), 3000)).toEqual(times(100, 0).map(() => ANSWERED));
	});

	it('knows origins apart', () => {
		const watch = new OverloadWatch();
		tell(watch, times(15, 503));

		expect(watch.report('http://127.0.0.1:2', 503, 0, 0)).toEqual(ANSWERED);
		expect(tell(watch, [503])).toMatchObject([{ kind: 'refused' }]);
	});
});
