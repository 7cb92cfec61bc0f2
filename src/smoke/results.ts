import type { Members, thresholdVerdict, warning } from '../schema/output.ts';
import { CHECKS, type smokeEnd, type smokeRun, type smokeStart } from '../schema/smoke-events.ts';
import type { MeasuredRun } from '../thresholds/metrics.ts';
import type { DeepReadonly } from '../util/members.ts';

/** The events of `flagdl smoke`: `smoke.start` always comes first, `run.end` last. */
export type SmokeEvent = SmokeStart | SmokeRun | SmokeThreshold | SmokeWarning | SmokeEnd;

export type SmokeStart = Event<'smoke.start', Members<typeof smokeStart>>;
export type SmokeRun = Event<'smoke.run', Members<typeof smokeRun>>;
export type SmokeThreshold = Event<'threshold', Members<typeof thresholdVerdict>>;
/** `shared_machine`. */
export type SmokeWarning = Event<'warning', Members<typeof warning>>;
export type SmokeEnd = Event<'run.end', Members<typeof smokeEnd>>;

type Event<Type extends string, Parts> = { readonly type: Type } & DeepReadonly<Parts>;

/** All events, for reports that are written at the end. */
export interface SmokeReport {
	readonly start: SmokeStart;
	readonly runs: readonly SmokeRun[];
	readonly thresholds: readonly SmokeThreshold[];
	readonly warnings: readonly SmokeWarning[];
	readonly end: SmokeEnd;
}

/** Result of a run, with measures for thresholds. Plain data. */
export type RunResult = Omit<SmokeRun, 'type' | 'passed'> & { readonly measured: MeasuredRun };

export type TargetResult = SmokeRun['targets'][number];
export type Counts = SmokeRun['counts'];
export type Finding = SmokeRun['findings'][number];
/** Name of a check. */
export type Check = Finding['check'];

const BY_SEVERITY = Object.keys(CHECKS);

/** Worst first. */
export function bySeverity(one: Finding, other: Finding): number {
	return BY_SEVERITY.indexOf(one.check) - BY_SEVERITY.indexOf(other.check);
}
