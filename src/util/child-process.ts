import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program to run. */
export interface Command {
	readonly file: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ChildEnd {
	/** Absent where a signal ended it, or it never began. */
	readonly exitCode?: number;
	/** Why it did not end by itself. */
	readonly trouble?: string;
	/** From its start to the end of its output, in milliseconds. */
	readonly processMs: number;
	/** When it ended, in milliseconds since the Unix epoch. */
	readonly endMs: number;
	/** The end of its standard error. */
	readonly log: string;
}

const LOG_CHARACTERS = 4000;
/** A run that takes longer hangs. */
const PATIENCE_MS = 600_000;
const GRACE_MS = 2000;

/**
 * Runs a program to its end, line by line of its standard output.
 *
 * @param signal - Ends it, and then the promise is fulfilled all the same.
 */
export async function runChild(
	{ file, args, cwd, env }: Command,
	onLine: (line: string) => void,
	signal: AbortSignal,
): Promise<ChildEnd> {
	const startMs = performance.now();
	const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
	let log = '';
	let trouble: string | undefined;
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		log = (log + text).slice(-LOG_CHARACTERS);
	});
	child.on('error', (error) => {
		trouble = error.message;
	});
	createInterface({ input: child.stdout }).on('line', onLine);

	const stop = (why: string) => {
		trouble ??= why;
		child.kill('SIGTERM');
		setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
	};
	const abort = () => stop('interrupted');
	signal.addEventListener('abort', abort, { once: true });
	const timer = setTimeout(
		() => stop(`not at its end after ${PATIENCE_MS / 60_000} min`),
		PATIENCE_MS,
	);
	try {
		if (signal.aborted) {
			abort();
		}
		const [exitCode, killedBy] = await ended(child);
		const why = trouble ?? (killedBy === null ? undefined : `ended by ${killedBy}`);
		return {
			...(exitCode !== null && exitCode >= 0 && { exitCode }),
			...(why !== undefined && { trouble: why }),
			processMs: performance.now() - startMs,
			endMs: performance.timeOrigin + performance.now(),
			log,
		};
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', abort);
	}
}

/** Not `once`: that rejects where the program could not be started, and `close` follows there too. */
async function ended(child: ChildProcess): Promise<[number | null, string | null]> {
	return await new Promise((resolve) => {
		child.on('close', (code, signal) => resolve([code, signal]));
	});
}
