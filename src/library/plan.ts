import type { Plan } from '../scenarios/plan.ts';
import { type PlanOptions, planRun } from '../scenarios/plan-run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { flagBytes, flagSha256 } from '../server/content/bundled-flags.ts';

/**
 * What a correct client must meet and end with, if it asks the bundled server once for each target:
 * status, size, SHA-256 and number of requests.
 *
 * @param targets - Country codes in any case, or paths of the server.
 */
export function plan(scenario: Scenario, targets: readonly string[], options: PlanOptions): Plan {
	return planRun(scenario, targets, { bytesOf: flagBytes, sha256Of: flagSha256, ...options });
}
