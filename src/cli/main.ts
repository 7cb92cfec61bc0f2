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

/** After the first signal, or a bug, what is still open may take so long to close. */
const GRACE_MS = 900;

/** The process as one command line; ends it with its exit code. */
export async function main(): Promise<void> {
	const argv = process.argv.slice(2);
	const shown = wordsWithoutSecrets(argv);
	if (shown.some((word, index) => word !== argv[index])) {
		// Lists of processes show it.
		process.title = ['flagdl', ...shown].join(' ');
	}
	const interrupt = new AbortController();
	const state: { crash?: ExitCode; hurries: boolean } = { hurries: true };

	for (const [signal, code] of Object.entries(SIGNALS)) {
		process.on(signal, () => {
			if (signal === 'SIGHUP' && isUnderNohup()) {
				return;
			}
			if (interrupt.signal.aborted) {
				leave(code);
			}
			interrupt.abort(new Interrupted(signal as EndingSignal));
			if (state.hurries) {
				setTimeout(() => leave(code), GRACE_MS).unref();
			}
		});
	}
	process.on('uncaughtException', (error) => {
		const code = codeOfError(error) === EXIT.cannotRun ? EXIT.cannotRun : EXIT.bug;
		state.crash ??= code;
		// Of a process that ends by itself, since nothing is open any more.
		process.exitCode = state.crash;
		const text =
			code === EXIT.bug
				? bugReport(error, argv)
				: `flagdl: cannot go on: ${shownText(error.message, argv)}\n`;
		process.stderr.write(text);
		interrupt.abort(error);
		setTimeout(() => leave(code), GRACE_MS).unref();
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
		flush: flusher({ 'standard output': process.stdout, 'standard error': process.stderr }),
		interrupted: interrupt.signal,
		takeTime() {
			state.hurries = false;
		},
	});
	// Whatever else is still open has been told to close, and nothing of it is to be waited for.
	process.exit(worst(code, state.crash ?? EXIT.ok));
}

function flusher(streams: Readonly<Record<string, Terminal>>): () => Promise<void> {
	let problem: string | undefined;
	for (const [name, stream] of Object.entries(streams)) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			// `| head` closes its end early; what is written then is lost, and nothing else.
			if (error.code !== 'EPIPE') {
				problem ??= `cannot write to ${name}: ${systemReason(error)}`;
			}
		});
	}
	return async () => {
		await Promise.all(Object.values(streams).map(written));
		if (problem !== undefined) {
			throw new CannotRunError(problem);
		}
	};
}

/** @throws {CannotRunError} If it has been removed. */
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
 * Node resets a signal that is ignored. GNU nohup, started on a terminal, leaves a mark: its standard
 * input is /dev/null, opened for writing only, so that reading from it fails.
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

/** Resolves when everything has been handed to the system, or is read no more. */
async function written(stream: Terminal): Promise<void> {
	await new Promise<void>((resolve) => {
		stream.write('', () => resolve());
	});
}

/** Shows the cursor, wraps lines, and clears what is below: what a progress bar leaves behind. */
const TIDY = '\u001b[?25h\u001b[?7h\u001b[J';

/** At once, but with a terminal that can be used. */
function leave(code: number): void {
	if (process.stderr.isTTY) {
		process.stderr.write(TIDY);
	}
	process.exit(code);
}
