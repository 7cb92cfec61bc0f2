import type { Labels, MeasuredRun } from '../thresholds/metrics.ts';

/** What became of one run of `flagdl smoke`. Plain data, but for the measures. */
export interface RunResult {
	readonly labels: Labels;
	/** Worst first; empty where everything is as it should be. */
	readonly findings: readonly Finding[];
	readonly targets: readonly TargetResult[];
	readonly counts: Counts;
	readonly exitCode?: number;
	readonly signal?: string;
	readonly wallMs: number;
	/** Of the client; only where something was found. */
	readonly lastOutput?: string;
	readonly measured: MeasuredRun;
}

/** One target as a test case. */
export interface TargetResult {
	readonly id: string;
	/** Attempts that failed and were made good. */
	readonly recovered: number;
	readonly rules: readonly string[];
	/** Milliseconds; 0 if not measured. */
	readonly wallMs: number;
}

export interface Counts {
	readonly targets: number;
	/** Files that are there with the right bytes. */
	readonly right: number;
	/** Targets of which a correct client has no file in the end. */
	readonly mustFail: number;
	/** Targets that did not end as planned. */
	readonly planDiff: number;
	/** HTTP requests that the server had. */
	readonly requests: number;
	/** Targets that were made good by another attempt. */
	readonly recovered: number;
}

/** What a check found, in the order in which it matters. */
const CHECKS: readonly Check[] = [
	'wrong',
	'client',
	'exit_code',
	'missed',
	'outcome',
	'events',
	'differs',
	'partial',
	'leftover',
	'process',
	'socket',
	'retry_after',
	'requests',
];

export type Check =
	/** A file was saved with wrong bytes, or where none should be. */
	| 'wrong'
	/** The client could not be started, did not end, or was killed. */
	| 'client'
	/** The exit code does not say what happened. */
	| 'exit_code'
	/** A file is not there that a correct client would have. */
	| 'missed'
	/** What the client says of a target is not what happened to it. */
	| 'outcome'
	/** The events contradict themselves. */
	| 'events'
	/** Two runs have other bytes of one file. */
	| 'differs'
	/** A file had its final name while the server still held its body. */
	| 'partial'
	/** Files that were not requested. */
	| 'leftover'
	/** Processes that were still there after the end. */
	| 'process'
	/** Connections that were still open after the end. */
	| 'socket'
	/** Asked again before the server wanted to be asked. */
	| 'retry_after'
	/** More requests than a correct client needs, or fewer. */
	| 'requests';

export interface Finding {
	readonly check: Check;
	/** Id of the target; absent where it is about the whole run. */
	readonly target?: string;
	/** The rules of the scenario that the target met. */
	readonly rules?: readonly string[];
	readonly message: string;
}

/** Worst first. */
export function bySeverity(one: Finding, other: Finding): number {
	return CHECKS.indexOf(one.check) - CHECKS.indexOf(other.check);
}
