import fc from 'fast-check';
import { it } from 'vitest';
import { disturbedCases, expectSameResult } from './disturbed-run.ts';

it('a run that is killed and run again comes to what it would have come to, by each strategy', {
	timeout: 120_000,
}, async () => {
	// test/slow/disturbed-runs.test.ts draws many more.
	await fc.assert(fc.asyncProperty(disturbedCases, expectSameResult), {
		numRuns: 3,
		endOnFailure: true,
	});
});
