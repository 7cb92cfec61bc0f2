import { CommanderError } from 'commander';
import { ReportError } from '../reporters/files/report-file.ts';
import { CannotRunError, isSystemError, UsageError } from '../util/errors.ts';

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

/** Signals that end a command, with the exit code: 128 plus the number of the signal. */
export const SIGNALS = {
	SIGHUP: EXIT.hungUp,
	SIGINT: EXIT.interrupted,
	SIGTERM: EXIT.terminated,
} as const;

export type EndingSignal = keyof typeof SIGNALS;

/** Precedence if several apply. */
const PRECEDENCE: readonly ExitCode[] = [
	...Object.values(SIGNALS),
	EXIT.bug,
	EXIT.usage,
	EXIT.cannotRun,
	EXIT.checkFailed,
	EXIT.incomplete,
];

export function worst(code: ExitCode, other: ExitCode): ExitCode {
	// A command run by `serve` may exit with any code.
	return PRECEDENCE.find((one) => one === code || one === other) ?? code;
}

/** Why `interrupted` was aborted. */
export class Interrupted extends Error {
	readonly signal: EndingSignal;
	/** When the signal arrived, by `performance.now()`; cleanup has a second from then. */
	readonly sinceMs = performance.now();

	constructor(signal: EndingSignal) {
		super(`interrupted by ${signal}`);
		this.signal = signal;
	}

	get exitCode(): ExitCode {
		return SIGNALS[this.signal];
	}
}

export function codeOfError(error: unknown): ExitCode {
	if (error instanceof Interrupted) {
		return error.exitCode;
	}
	if (error instanceof AggregateError && error.errors.length > 0) {
		return error.errors.map(codeOfError).reduce(worst);
	}
	if (error instanceof CommanderError) {
		// Commander throws for help and version, too.
		return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
	}
	if (error instanceof UsageError) {
		return EXIT.usage;
	}
	const isCannotRun = error instanceof CannotRunError || error instanceof ReportError;
	return isCannotRun || isSystemError(error) ? EXIT.cannotRun : EXIT.bug;
}

/** The exit code for an error, or for an interruption before it. */
export function codeOfEnding(error: unknown, interrupted: AbortSignal): ExitCode {
	return worst(codeOfError(error), codeOfInterruption(interrupted) ?? EXIT.ok);
}

export function codeOfInterruption({ reason }: AbortSignal): ExitCode | undefined {
	return reason instanceof Interrupted ? reason.exitCode : undefined;
}
