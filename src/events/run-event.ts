import type { Outcome, OutcomeStatus } from '../download/outcome.ts';
import type { InFlight } from '../download/progress.ts';
import type { Target } from '../targets/target.ts';

/** What a run tells, in order: `run.start` first, `run.end` last, whatever happens. */
export type RunEvent =
	| RunStart
	| OutcomeEvent
	| NotStartedEvent
	| ActivityEvent
	| WarningEvent
	| RunEnd;

export interface RunStart {
	readonly type: 'run.start';
	/** Version of flagdl. */
	readonly version: string;
	readonly strategy: string;
	/** Slots. */
	readonly concurrency: number;
	readonly threads?: number;
	/** Number of targets, where it is known beforehand. */
	readonly targets?: number;
	readonly outputDir: string;
	/** Base URL of the flags, where codes were asked for. */
	readonly server?: string;
	readonly scenario?: string;
	readonly seed?: number;
	/** Milliseconds since the Unix epoch. */
	readonly startMs: number;
}

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
export interface WarningEvent {
	readonly type: 'warning';
	/** Stable, for programs: `insecure`, `origin_down`. */
	readonly code: string;
	readonly message: string;
}

export interface RunEnd extends Summary {
	readonly type: 'run.end';
	/** Of the cancelled targets: those for which no request was sent. */
	readonly notStarted: number;
	/** From first target to last outcome. */
	readonly wallMs: number;
	/** User and system time of the process, threads included. */
	readonly cpuMs: number;
	readonly maxRssBytes: number;
	readonly eventLoopDelay: {
		readonly p50Ms: number;
		readonly p99Ms: number;
		readonly maxMs: number;
	};
	readonly exitCode: number;
}

export type Totals = Readonly<Record<OutcomeStatus, number>>;

/** What outcomes add up to. */
export interface Summary {
	readonly totals: Totals;
	readonly requests: number;
	readonly retries: number;
	readonly bytes: number;
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
