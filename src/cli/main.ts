import { bugReport, runCommandLine } from './command-line.ts';
import { EXIT } from './exit-code.ts';
import { Interrupted, type Terminal } from './io.ts';

/** After the first signal, or a bug, what is still open may take so long to close. */
const GRACE_MS = 900;

const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

/** The process as one command line; ends it with its exit code. */
export async function main(): Promise<void> {
	const interrupt = new AbortController();
	const state = { bug: false, hurries: true };

	for (const [signal, code] of Object.entries(SIGNALS)) {
		process.on(signal, () => {
			if (interrupt.signal.aborted) {
				leave(code);
			}
			interrupt.abort(new Interrupted(signal as keyof typeof SIGNALS));
			if (state.hurries) {
				setTimeout(() => leave(code), GRACE_MS).unref();
			}
		});
	}
	process.on('uncaughtException', (error) => {
		state.bug = true;
		process.stderr.write(bugReport(error));
		interrupt.abort(error);
		setTimeout(() => leave(EXIT.bug), GRACE_MS).unref();
	});
	ignoreBrokenPipe(process.stdout);
	ignoreBrokenPipe(process.stderr);

	const code = await runCommandLine({
		argv: process.argv.slice(2),
		env: process.env,
		cwd: process.cwd(),
		stdin: process.stdin,
		stdout: process.stdout,
		stderr: process.stderr,
		interrupted: interrupt.signal,
		takeTime() {
			state.hurries = false;
		},
	});
	await Promise.all([written(process.stdout), written(process.stderr)]);
	// Whatever else is still open has been told to close, and nothing of it is to be waited for.
	process.exit(state.bug ? EXIT.bug : code);
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

/** `| head` closes its end early; what is written then is lost, and nothing else. */
function ignoreBrokenPipe(stream: Terminal): void {
	stream.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code !== 'EPIPE') {
			throw error;
		}
	});
}
