import { expect, it } from 'vitest';
import {
	endedOutcome,
	nowMs,
	type OutcomeStatus,
	wasNotStarted,
} from '../../src/download/outcome.ts';

const TARGET = { id: 'x', index: 0, url: 'http://a/x', dest: '/x' };

it('an outcome without a download has what is known, and no time of its own', () => {
	const before = nowMs();
	const outcome = endedOutcome(TARGET, 'skipped', { bytes: 3 });

	const { startMs, ...rest } = outcome;
	expect(startMs).toBeGreaterThanOrEqual(before);
	expect(rest).toEqual({
		...{ target: TARGET, status: 'skipped', dest: '/x', bytes: 3 },
		...{ requests: 0, retries: 0, endMs: startMs },
	});
	expect(endedOutcome(TARGET, 'cancelled')).toMatchObject({ bytes: 0 });
	expect(endedOutcome(TARGET, 'error', { startMs: 1 }).startMs).toBe(1);
});

it.each<[status: OutcomeStatus, requests: number, wasNot: boolean]>([
	['cancelled', 0, true],
	['cancelled', 1, false],
	['error', 0, false],
])(
	'a target that ended as %s after %i requests was not started: %s',
	(status, requests, wasNot) => {
		expect(wasNotStarted({ ...endedOutcome(TARGET, status), requests })).toBe(wasNot);
	},
);
