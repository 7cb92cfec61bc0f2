import type { Members, thresholdVerdict, warning } from '../../schema/output.ts';
import type { smokeEnd, smokeRun, smokeStart } from '../../schema/smoke-events.ts';
import type { DeepReadonly } from '../../util/types.ts';

/** What `flagdl smoke` tells, in order: `smoke.start` first, `run.end` last, whatever happens. */
export type SmokeEvent = SmokeStart | SmokeRun | SmokeThreshold | SmokeWarning | SmokeEnd;

export type SmokeStart = Event<'smoke.start', Members<typeof smokeStart>>;
export type SmokeRun = Event<'smoke.run', Members<typeof smokeRun>>;
export type SmokeThreshold = Event<'threshold', Members<typeof thresholdVerdict>>;
/** `shared_machine`. */
export type SmokeWarning = Event<'warning', Members<typeof warning>>;
export type SmokeEnd = Event<'run.end', Members<typeof smokeEnd>>;

type Event<Type extends string, Parts> = { readonly type: Type } & DeepReadonly<Parts>;

/** Everything that was told, for reports that are written at the end. */
export interface SmokeReport {
	readonly start: SmokeStart;
	readonly runs: readonly SmokeRun[];
	readonly thresholds: readonly SmokeThreshold[];
	readonly warnings: readonly SmokeWarning[];
	readonly end: SmokeEnd;
}
