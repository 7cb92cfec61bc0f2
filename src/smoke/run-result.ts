import type { Members } from '../schema/output.ts';
import { CHECKS, type smokeRun } from '../schema/smoke-events.ts';
import type { MeasuredRun } from '../thresholds/metrics.ts';
import type { DeepReadonly } from '../util/types.ts';

/** What became of one run of `flagdl smoke`. Plain data, but for the measures. */
export type RunResult = Omit<DeepReadonly<Members<typeof smokeRun>>, 'passed'> & {
	readonly measured: MeasuredRun;
};

/** One target as a test case. */
export type TargetResult = RunResult['targets'][number];

export type Counts = RunResult['counts'];

export type Finding = RunResult['findings'][number];

const BY_SEVERITY = Object.keys(CHECKS);

/** What a check found, by its name. */
export type Check = Finding['check'];

/** Worst first. */
export function bySeverity(one: Finding, other: Finding): number {
	return BY_SEVERITY.indexOf(one.check) - BY_SEVERITY.indexOf(other.check);
}
