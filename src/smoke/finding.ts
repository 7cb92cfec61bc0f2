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
	/** A file was seen unfinished under its final name. */
	| 'partial'
	/** Files that nobody asked for. */
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
