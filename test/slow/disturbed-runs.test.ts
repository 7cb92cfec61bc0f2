import fc from 'fast-check';
import { it } from 'vitest';
import { disturbedCases, expectSameResult } from '../contract/disturbed-run.ts';

const SECONDS = Number(process.env['DISTURBED_SECONDS'] ?? 90);

it('runs that are killed and run again come to what they would have come to, by each strategy', {
	timeout: (SECONDS + 120) * 1000,
}, async () => {
	await fc.assert(fc.asyncProperty(disturbedCases, expectSameResult), {
		numRuns: 10_000,
		interruptAfterTimeLimit: SECONDS * 1000,
		endOnFailure: true,
	});
});
