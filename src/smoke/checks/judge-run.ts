import type { Expected } from '../expected.ts';
import { bySeverity, type Finding } from '../finding.ts';
import type { Observation } from '../observation.ts';
import { checkEnd } from './check-end.ts';
import { checkExitCode } from './check-exit-code.ts';
import { checkPatience } from './check-patience.ts';
import { checkTarget } from './check-target.ts';

/** Compares what was seen of a run with what the plan says of a correct client. Worst first. */
export function judgeRun(expected: readonly Expected[], observation: Observation): Finding[] {
	// What was saved wrongly, the client takes for saved: that is a finding of its own.
	const missing = expected.filter(({ file }) => !observation.files.has(file));
	return [
		...checkEnd(observation, new Set(expected.map(({ file }) => file))),
		...checkExitCode(observation, { missing: missing.length, targets: expected.length }),
		...expected.flatMap((one) => checkTarget(one, observation)),
		...expected.flatMap((one) => checkPatience(one, observation)),
	].sort(bySeverity);
}
