import type { Outcome } from '../download/outcome.ts';
import type { OutcomeMembers } from '../schema/run-events.ts';
import type { DeepReadonly } from '../util/types.ts';

/** An outcome as reports and events have it: flat, without what only flagdl itself needs. */
export type OutcomeRecord = DeepReadonly<OutcomeMembers>;

export function recordOf(outcome: Outcome): OutcomeRecord {
	const { target, failure, attempts, servedUrl: _, ...rest } = outcome;
	return {
		id: target.id,
		index: target.index,
		url: target.url,
		...rest,
		...(failure !== undefined && { error: failure }),
		...(attempts !== undefined && { attempts }),
	};
}
