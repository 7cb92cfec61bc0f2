import { fstatSync, readFileSync, statSync } from 'node:fs';
import { CannotRunError } from '../util/errors.ts';
import { wordsWithoutSecrets } from '../util/secrets.ts';
import { codeOfError } from './code-of-error.ts';
import { bugReport, runCommandLine } from './command-line.ts';
import { type EndingSignal, EXIT, type ExitCode, SIGNALS } from './exit-code.ts';
import { Interrupted, type Terminal } from './io.ts';
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
	const state: { crash?: ExitCode; unwritten?: string; hurries: boolean } = { hurries: true };

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
		const text =
			code === EXIT.bug
				? bugReport(error, argv)
				: `flagdl: cannot go on: ${shownText(error.message, argv)}\n`;
		process.stderr.write(text);
		interrupt.abort(error);
		setTimeout(() => leave(code), GRACE_MS).unref();
	});
	for (const [name, stream] of [
		['standard output', process.stdout],
		['standard error', process.stderr],
	] as const) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			// `| head` closes its end early; what is written then is lost, and nothing else.
			if (error.code !== 'EPIPE') {
				state.unwritten ??= `cannot write to ${name}: ${error.message}`;
			}
		});
	}

	const code = await runCommandLine({
		argv,
		env: process.env,
		get cwd() {
			return currentDirectory();
		},
		stdin: process.stdin,
		stdout: process.stdout,
		stderr: process.stderr,
		interrupted: interrupt.signal,
		takeTime() {
			state.hurries = false;
		},
	});
	await Promise.all([written(process.stdout), written(process.stderr)]);
	if (state.unwritten !== undefined) {
		process.stderr.write(`flagdl: ${state.unwritten}\n`);
	}
	// Whatever else is still open has been told to close, and nothing of it is to be waited for.
	process.exit(worst(code, state.crash, state.unwritten));
}

/** Where several exit codes apply. */
function worst(code: number, crash: ExitCode | undefined, unwritten: string | undefined): number {
	if (crash !== undefined) {
		return crash;
	}
	const isWorse = code === EXIT.ok || code === EXIT.incomplete || code === EXIT.checkFailed;
	return unwritten !== undefined && isWorse ? EXIT.cannotRun : code;
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
		const flags = /^flags:\s*(\d+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'latin1'))?.[1];
		const isWriteOnly = (Number.parseInt(flags ?? '0', 8) & 3) === 1;
		return isWriteOnly && fstatSync(0).rdev === statSync('/dev/null').rdev;
	} catch {
		return false;
	}
}

/** Resolves when everything has been handed to the system, or nobody reads it any more. */
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
