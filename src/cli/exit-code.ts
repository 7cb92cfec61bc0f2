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

/** Why `interrupted` was aborted. */
export class Interrupted extends Error {
	readonly signal: EndingSignal;
	/** When it was heard, by `performance.now()`: what is left to do has a second from here on. */
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
		// Help and version are errors of commander, too.
		return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
	}
	if (error instanceof UsageError) {
		return EXIT.usage;
	}
	const isCannotRun = error instanceof CannotRunError || error instanceof ReportError;
	return isCannotRun || isSystemError(error) ? EXIT.cannotRun : EXIT.bug;
}

/** The same, if it may have been interrupted before. */
export function codeOfEnding(error: unknown, interrupted: AbortSignal): ExitCode {
	return worst(codeOfError(error), codeOfInterruption(interrupted) ?? EXIT.ok);
}

export function codeOfInterruption({ reason }: AbortSignal): ExitCode | undefined {
	return reason instanceof Interrupted ? reason.exitCode : undefined;
}
