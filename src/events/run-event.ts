import type { Outcome, OutcomeStatus } from '../download/outcome.ts';
import type { InFlight } from '../download/progress.ts';
import type { RunEndMembers, RunStartMembers, WarningMembers } from '../schema/run-events.ts';
import type { Target } from '../targets/target.ts';
import type { DeepReadonly } from '../util/types.ts';

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
