import type { Outcome, OutcomeStatus } from '../download/outcome.ts';
import type { InFlight } from '../download/progress.ts';
import type {
	OutcomeMembers,
	RunEndMembers,
	RunStartMembers,
	WarningMembers,
} from '../schema/run-events.ts';
import type { Target } from '../targets/target.ts';
import type { DeepReadonly, Mutable } from '../util/members.ts';

/** Events of a run, in order: always `run.start` first and `run.end` last. */
export type RunEvent =
	| RunStart
	| OutcomeEvent
	| NotStartedEvent
	| ActivityEvent
	| WarningEvent
	| RunEnd;

export type RunStart = Event<'run.start', RunStartMembers>;

export interface OutcomeEvent {
	readonly type: 'outcome';
	readonly outcome: Outcome;
}

/** A target that a stopped run did not start: it is counted and in the failed-file, but not in reports. */
export interface NotStartedEvent {
	readonly type: 'not_started';
	readonly target: Target;
}

/** The slowest targets, sent several times a second if the output is a terminal. Not in reports. */
export interface ActivityEvent {
	readonly type: 'activity';
	/** The slowest first; empty when none is slow any more. */
	readonly slowest: readonly InFlight[];
}

/** A warning for the user; the run goes on. */
export type WarningEvent = Event<'warning', WarningMembers>;

export type RunEnd = Event<'run.end', RunEndMembers>;

/** Number of targets by status. */
export type Totals = Readonly<Record<OutcomeStatus, number>>;

/** Sums over the outcomes of a run. */
export type Summary = Pick<RunEnd, 'totals' | 'requests' | 'retries' | 'bytes'>;

type Event<Type extends string, Members> = { readonly type: Type } & DeepReadonly<Members>;

/** An outcome as in reports and events: flat, without internal members. */
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

/** A listener for events: it never calls back and never throws. */
export interface Reporter {
	on(event: RunEvent): void;
	/**
	 * Rejects if the events so far cannot be written. The exit code then changes, so `run.end` may be
	 * sent again with the new one.
	 */
	flush?(): Promise<void>;
	/** Resolves when all events have been written. */
	close?(): Promise<void>;
}

/** Combines reporters; each event goes to them in order. */
export function combineReporters(reporters: readonly Reporter[]): Reporter {
	return {
		on(event) {
			for (const reporter of reporters) {
				reporter.on(event);
			}
		},
		async close() {
			const closed = await Promise.allSettled(
				reporters.map(async (reporter) => await reporter.close?.()),
			);
			const failed = closed.find((result) => result.status === 'rejected');
			if (failed !== undefined) {
				throw failed.reason;
			}
		},
	};
}

/** A summary that outcomes are added to. */
export interface Sum extends Mutable<Omit<Summary, 'totals'>> {
	readonly totals: Mutable<Totals>;
}

export function emptySum(): Sum {
	return {
		totals: { ok: 0, unchanged: 0, skipped: 0, not_found: 0, error: 0, cancelled: 0 },
		requests: 0,
		retries: 0,
		bytes: 0,
	};
}

export function addOutcome(sum: Sum, { status, requests, retries, bytes }: Outcome): void {
	sum.totals[status] += 1;
	sum.requests += requests;
	sum.retries += retries;
	sum.bytes += bytes;
}

/** @returns The number of targets that ended. */
export function countAll(totals: Totals): number {
	return Object.values(totals).reduce((sum, count) => sum + count, 0);
}

/** @returns The number of targets without a file. */
export function countMissing({ not_found, error, cancelled }: Totals): number {
	return not_found + error + cancelled;
}
