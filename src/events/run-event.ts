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

/** What a run tells, in order: `run.start` first, `run.end` last, whatever happens. */
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

/** A target that a stopped run did not start: it is counted and in the failed-file, and in no report. */
export interface NotStartedEvent {
	readonly type: 'not_started';
	readonly target: Target;
}

/**
 * What takes long, sent several times a second if the output is a terminal. It is of the moment,
 * and is in no report.
 */
export interface ActivityEvent {
	readonly type: 'activity';
	/** The slowest first; none: nothing takes long any more. */
	readonly slowest: readonly InFlight[];
}

/** Something the user should know that ends nothing. */
export type WarningEvent = Event<'warning', WarningMembers>;

export type RunEnd = Event<'run.end', RunEndMembers>;

/** How many targets ended in which way. */
export type Totals = Readonly<Record<OutcomeStatus, number>>;

/** What outcomes add up to. */
export type Summary = Pick<RunEnd, 'totals' | 'requests' | 'retries' | 'bytes'>;

type Event<Type extends string, Members> = { readonly type: Type } & DeepReadonly<Members>;

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

/** A listener of events: it never calls back and never throws. */
export interface Reporter {
	on(event: RunEvent): void;
	/**
	 * Rejects if what was told so far cannot be written. The exit code depends on that, so that
	 * `run.end` may be told again afterwards, with another one.
	 */
	flush?(): Promise<void>;
	/** Resolves when everything told is where it belongs. */
	close?(): Promise<void>;
}

/** Several reporters as one; they are told in order. */
export function allOf(reporters: readonly Reporter[]): Reporter {
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

/** A summary while outcomes are added to it. */
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

/** Number of targets that ended, in whatever way. */
export function countAll(totals: Totals): number {
	return Object.values(totals).reduce((sum, count) => sum + count, 0);
}

/** Number of targets whose file is not there. */
export function countMissing({ not_found, error, cancelled }: Totals): number {
	return not_found + error + cancelled;
}
