import { CommanderError } from 'commander';
import { ReportError } from '../reporters/files/report-file.ts';
import { CannotRunError, isSystemError, UsageError } from '../util/errors.ts';
import { EXIT, type ExitCode, worst } from './exit-code.ts';
import { Interrupted } from './io.ts';

/** The exit code of a command that ended with an error. */
export function codeOfError(error: unknown): ExitCode {
	if (error instanceof Interrupted) {
		return error.exitCode;
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
export function codeOfEnding(error: unknown, { reason }: AbortSignal): ExitCode {
	return worst(codeOfError(error), reason instanceof Interrupted ? reason.exitCode : EXIT.ok);
}
