import { fstatSync, readSync, statSync } from 'node:fs';
import { CannotRunError, isCode, systemReason } from '../util/errors.ts';
import { wordsWithoutSecrets } from '../util/secrets.ts';
import { bugReport, runCommandLine } from './command-line.ts';
import {
	codeOfError,
	type EndingSignal,
	EXIT,
	type ExitCode,
	Interrupted,
	SIGNALS,
	worst,
} from './exit-code.ts';
import type { Terminal } from './io.ts';
import { shownText } from './program.ts';

/** Time for cleanup after the first signal, or after a bug. */
const GRACE_MS = 900;

/** Time in which a signal reaches its own process; it passes only once the process continues. */
const CONTINUE_MS = 20;

/** Runs the command line of this process, and exits with its code. */
export async function main(): Promise<void> {
	const argv = process.argv.slice(2);
	const shown = wordsWithoutSecrets(argv);
	if (shown.some((word, index) => word !== argv[index])) {
		// Process lists show the arguments.
		process.title = ['flagdl', ...shown].join(' ');
	}
	const interrupt = new AbortController();
	const state: { crash?: ExitCode; isLimited: boolean } = { isLimited: true };

	for (const [signal, code] of Object.entries(SIGNALS)) {
		process.on(signal, () => {
			if (signal === 'SIGHUP' && isUnderNohup()) {
				return;
			}
			if (interrupt.signal.aborted) {
				exitNow(code);
			}
			interrupt.abort(new Interrupted(signal as EndingSignal));
			if (state.isLimited) {
				setTimeout(() => exitNow(code), GRACE_MS).unref();
			}
		});
	}
	restoreTerminalWhileStopped();
	process.on('uncaughtException', (error) => {
		const code = codeOfError(error) === EXIT.cannotRun ? EXIT.cannotRun : EXIT.bug;
		state.crash ??= code;
		// In case the process exits by itself because no handle is open.
		process.exitCode = state.crash;
		const text =
			code === EXIT.bug
				? bugReport(error, argv)
				: `flagdl: cannot go on: ${shownText(error.message, argv)}\n`;
		process.stderr.write(text);
		interrupt.abort(error);
		setTimeout(() => exitNow(code), GRACE_MS).unref();
	});

	const code = await runCommandLine({
		argv,
		env: process.env,
		get cwd() {
			return currentDirectory();
		},
		stdin: process.stdin,
		stdout: process.stdout,
		stderr: process.stderr,
		flush: createFlush({ 'standard output': process.stdout, 'standard error': process.stderr }),
		interrupted: interrupt.signal,
		removeTimeLimit() {
			state.isLimited = false;
		},
	});
	// Other open handles are already being closed; do not wait for them.
	process.exit(worst(code, state.crash ?? EXIT.ok));
}

function createFlush(streams: Readonly<Record<string, Terminal>>): () => Promise<void> {
	let problem: string | undefined;
	for (const [name, stream] of Object.entries(streams)) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			// `| head` closes the pipe early; only the rest of the output is lost.
			if (error.code !== 'EPIPE') {
				problem ??= `cannot write to ${name}: ${systemReason(error)}`;
			}
		});
	}
	return async () => {
		await Promise.all(Object.values(streams).map(flushed));
		if (problem !== undefined) {
			throw new CannotRunError(problem);
		}
	};
}

/** @throws {CannotRunError} If the directory has been removed. */
function currentDirectory(): string {
	try {
		return process.cwd();
	} catch (error) {
		throw new CannotRunError(
			'the working directory has been removed; change to one that is there',
			{ cause: error },
		);
	}
}

/**
 * Node resets ignored signals. GNU nohup can be recognised if it was started on a terminal: standard input is
 * then /dev/null opened for writing only, so that reading fails.
 */
function isUnderNohup(): boolean {
	try {
		if (fstatSync(0).rdev === statSync('/dev/null').rdev) {
			readSync(0, Buffer.alloc(1));
		}
		return false;
	} catch (error) {
		return isCode(error, 'EBADF');
	}
}

/** Resolves when everything has been handed to the system, or the reader has gone. */
async function flushed(stream: Terminal): Promise<void> {
	await new Promise<void>((resolve) => {
		stream.write('', () => resolve());
	});
}

/** Undoes what a progress bar changes: shows the cursor, enables line wrap, and clears the lines below. */
const RESET_TERMINAL = '\u001b[?25h\u001b[?7h\u001b[J';

/** Ctrl-Z: the shell gets a usable terminal, and a progress bar is drawn anew when the process continues. */
function restoreTerminalWhileStopped(): void {
	const { stderr } = process;
	if (!stderr.isTTY) {
		return;
	}
	const stop = () => {
		stderr.write(RESET_TERMINAL);
		// With its default action, which the system omits where no shell could continue the process.
		process.off('SIGTSTP', stop);
		process.kill(process.pid, 'SIGTSTP');
		setTimeout(() => {
			process.on('SIGTSTP', stop);
			stderr.emit('resize');
		}, CONTINUE_MS).unref();
	};
	process.on('SIGTSTP', stop);
}

/** Exits at once, but leaves the terminal usable. */
function exitNow(code: number): void {
	if (process.stderr.isTTY) {
		process.stderr.write(RESET_TERMINAL);
	}
	process.exit(code);
}
