import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Command {
	readonly file: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ProcessEnd {
	/** Absent if the process was terminated by a signal, or could not be started. */
	readonly exitCode?: number;
	/** Why it did not exit by itself. */
	readonly trouble?: string;
	/** From spawn to the end of its output, in milliseconds. */
	readonly processMs: number;
	/** When it ended, in milliseconds since the Unix epoch. */
	readonly endMs: number;
	/** Tail of its standard error. */
	readonly log: string;
}

const LOG_LENGTH = 4000;
/** A program that takes longer is considered hung. */
const TIMEOUT_MS = 600_000;
const GRACE_MS = 2000;

/**
 * @param onLine - Called with each line of its standard output.
 * @param signal - Terminates the program; the promise still resolves.
 */
export async function runProgram(
	{ file, args, cwd, env }: Command,
	onLine: (line: string) => void,
	signal: AbortSignal,
): Promise<ProcessEnd> {
	const startMs = performance.now();
	const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
	// Not `once`, which rejects if the program cannot be started; `close` is emitted even then.
	const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
	let log = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		log = (log + text).slice(-LOG_LENGTH);
	});
	createInterface({ input: child.stdout }).on('line', onLine);

	const kill = (name: NodeJS.Signals) => child.kill(name);
	const limits = { timeoutMs: TIMEOUT_MS, graceMs: GRACE_MS, signal, kill };
	const trouble = troubleOf(child, await waitForExit(child, limits));
	await closed;
	return {
		...(child.exitCode !== null && child.exitCode >= 0 && { exitCode: child.exitCode }),
		...(trouble !== undefined && { trouble }),
		processMs: performance.now() - startMs,
		endMs: performance.timeOrigin + performance.now(),
		log,
	};
}

function troubleOf({ signalCode }: ChildProcess, cause: ExitCause): string | undefined {
	if (cause instanceof Error) {
		return cause.message;
	}
	if (cause === 'timeout') {
		return `not at its end after ${TIMEOUT_MS / 60_000} min`;
	}
	return cause ?? (signalCode === null ? undefined : `ended by ${signalCode}`);
}

/** Why a process was terminated or could not be started; `undefined` if it exited by itself. */
export type ExitCause = 'timeout' | 'interrupted' | Error | undefined;

export interface ExitLimits {
	readonly timeoutMs: number;
	readonly signal: AbortSignal;
	/** Time from SIGTERM to SIGKILL. */
	readonly graceMs: number;
	readonly kill: (name: 'SIGTERM' | 'SIGKILL') => void;
}

/** Waits for a process to exit; terminates it on timeout, or when the signal aborts. */
export async function waitForExit(child: ChildProcess, limits: ExitLimits): Promise<ExitCause> {
	// Also emitted if a kill fails, which is not a failure of the process.
	child.on('error', () => {});
	const cause = await exitCauseOf(child, limits);
	if ((cause === 'timeout' || cause === 'interrupted') && child.pid !== undefined) {
		await terminate(child, limits);
	}
	return cause;
}

async function exitCauseOf(
	child: ChildProcess,
	{ timeoutMs, signal }: ExitLimits,
): Promise<ExitCause> {
	if (signal.aborted) {
		return 'interrupted';
	}
	const over = new AbortController();
	const untilOver = { signal: over.signal };
	try {
		return await Promise.race([
			once(child, 'exit', untilOver).then(
				() => undefined,
				(error: unknown) => error as Error,
			),
			sleep(timeoutMs, 'timeout' as const, untilOver),
			once(signal, 'abort', untilOver).then(() => 'interrupted' as const),
		]);
	} finally {
		over.abort();
	}
}

async function terminate(child: ChildProcess, { graceMs, kill }: ExitLimits): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) {
		return;
	}
	const exited = once(child, 'exit');
	kill('SIGTERM');
	const isLate = await Promise.race([exited, sleep(graceMs, 'late', { ref: false })]);
	if (isLate === 'late') {
		kill('SIGKILL');
		await exited;
	}
}
