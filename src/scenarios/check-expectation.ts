import { flagCodes } from './flag-codes.ts';
import { planRun } from './plan-run.ts';
import type { Scenario } from './scenario.ts';

/** Where `expect` and the plan differ. */
export interface Difference {
	/** JSON pointer into the scenario. */
	readonly pointer: string;
	readonly expected: number;
	readonly planned: number;
}

/** Compares what a scenario says of itself with what it leads to. */
export function checkExpectation(scenario: Scenario): Difference[] {
	const { codes = flagCodes(), retries = 3, ok, notFound, error, requests } = scenario.expect ?? {};
	const { totals, requests: planned } = planRun(scenario, codes, { retries });

	return [
		{ pointer: '/expect/ok', expected: ok, planned: totals.ok },
		{ pointer: '/expect/not_found', expected: notFound, planned: totals.not_found },
		{ pointer: '/expect/error', expected: error, planned: totals.error },
		{ pointer: '/expect/requests', expected: requests, planned },
	].filter((entry): entry is Difference => {
		return entry.expected !== undefined && entry.expected !== entry.planned;
	});
}
