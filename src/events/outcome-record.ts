import type { Attempt, Failure, Outcome } from '../download/outcome.ts';

/** An outcome as reports and events have it: flat, without what only flagdl itself needs. */
export interface OutcomeRecord
	extends Omit<Outcome, 'target' | 'failure' | 'attempts' | 'servedUrl'> {
	readonly id: string;
	readonly index: number;
	readonly url: string;
	readonly error?: Failure;
	readonly attempts?: readonly Attempt[];
}

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
