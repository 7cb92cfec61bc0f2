/** The exit codes of every command. */
export const EXIT = {
	ok: 0,
	incomplete: 1,
	usage: 2,
	checkFailed: 3,
	cannotRun: 4,
	bug: 70,
	hungUp: 129,
	interrupted: 130,
	terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The signals that end a command, with its exit code then: 128 and the number of the signal. */
export const SIGNALS = {
	SIGHUP: EXIT.hungUp,
	SIGINT: EXIT.interrupted,
	SIGTERM: EXIT.terminated,
} as const;

export type EndingSignal = keyof typeof SIGNALS;

/** Which goes first where several apply. */
const ORDER: readonly ExitCode[] = [
	...Object.values(SIGNALS),
	EXIT.bug,
	EXIT.usage,
	EXIT.cannotRun,
	EXIT.checkFailed,
	EXIT.incomplete,
];

export function worst(code: ExitCode, other: ExitCode): ExitCode {
	// That of a command that `serve` has run may be any.
	return ORDER.find((one) => one === code || one === other) ?? code;
}
