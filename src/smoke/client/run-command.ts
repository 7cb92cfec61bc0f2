import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForExit } from '../../util/child-process.ts';
import { isCode } from '../../util/errors.ts';

/** The flagdl command, and the environment of clients. */
export interface Host {
	/** Path of Node and of `bin/flagdl.js`. */
	readonly node: string;
	readonly bin: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Command {
	/** A program with its arguments, or a shell command line. */
	readonly argv: readonly [file: string, ...args: string[]] | string;
	readonly cwd: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly timeoutMs: number;
	/** Ends the command when aborted. */
	readonly signal: AbortSignal;
	/** Receives standard output, which is otherwise part of the last output. */
	readonly onStdout?: (text: string) => void;
}

/** How a command ended. None of its processes are left running. */
export interface CommandEnd {
	/** Absent if a signal ended it or it was not started. */
	readonly code?: number;
	readonly signal?: NodeJS.Signals;
	/** Why it was terminated or not started. */
	readonly cause?: 'timeout' | 'interrupted' | 'not_started';
	/** The timeout that it exceeded. */
	readonly timeoutMs?: number;
	/** The end of its output, or why it could not be started. */
	readonly lastOutput: string;
	/** Number of processes that outlived it and were killed; 0 if it was terminated itself. */
	readonly processesLeft: number;
	readonly wallMs: number;
}

/** Delay between SIGTERM and SIGKILL. */
const GRACE_MS = 1000;
/** Grace period for processes that end shortly after their parent. */
const SETTLE_MS = 500;
const POLL_MS = 20;
/** Environment variable that marks the processes of a run, even those that have left its group. */
const RUN_ID_VARIABLE = 'FLAGDL_SMOKE_RUN';

/** Runs a command as the leader of its own process group, until it ends or its timeout expires. */
export async function runCommand({
	argv,
	cwd,
	env,
	timeoutMs,
	signal,
	onStdout,
}: Command): Promise<CommandEnd> {
	const tail = new Tail();
	const startMs = performance.now();
	const runId = randomUUID();
	const [file, ...args] = typeof argv === 'string' ? [argv] : argv;
	const child = spawn(file, args, {
		cwd,
		env: { ...env, [RUN_ID_VARIABLE]: runId },
		shell: typeof argv === 'string',
		detached: HAS_GROUPS,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const closed = once(child, 'close').catch(() => {});
	child.stdout.setEncoding('utf8').on('data', onStdout ?? ((text: string) => tail.add(text)));
	child.stderr.setEncoding('utf8').on('data', (text: string) => tail.add(text));

	const { pid } = child;
	const cause = await waitForExit(child, {
		...{ timeoutMs, signal, graceMs: GRACE_MS },
		kill(name) {
			if (pid !== undefined) {
				signalGroup(pid, name);
			}
		},
	});
	if (typeof cause === 'object' || pid === undefined) {
		const message = typeof cause === 'object' ? cause.message : 'it has no process';
		return { cause: 'not_started', lastOutput: message, processesLeft: 0, wallMs: 0 };
	}

	const wallMs = performance.now() - startMs;
	const processesLeft = await endSurvivors(pid, runId);
	// A process that left the group may still hold the pipes.
	await Promise.race([closed, sleep(GRACE_MS, undefined, { ref: false })]);
	child.stdout.destroy();
	child.stderr.destroy();
	return {
		...(child.exitCode !== null && { code: child.exitCode }),
		...(child.signalCode !== null && { signal: child.signalCode }),
		...(cause !== undefined && { cause }),
		...(cause === 'timeout' && { timeoutMs }),
		lastOutput: tail.text,
		processesLeft: cause === undefined ? processesLeft : 0,
		wallMs,
	};
}

/** @returns Number of processes that outlived their leader. */
async function endSurvivors(pid: number, runId: string): Promise<number> {
	const deadline = performance.now() + SETTLE_MS;
	let left = survivors(pid, runId);
	while (left.length > 0 && performance.now() < deadline) {
		await sleep(POLL_MS);
		left = survivors(pid, runId);
	}
	kill(left);
	return left.length;
}

const MAX_CHARACTERS = 4096;

/** The end of a client's output, shown if it failed. */
class Tail {
	#text = '';
	#isTruncated = false;

	add(text: string): void {
		this.#isTruncated ||= this.#text.length + text.length > MAX_CHARACTERS;
		this.#text = (this.#text + text).slice(-MAX_CHARACTERS);
	}

	/** At most 4096 characters, after `…` if it was truncated. */
	get text(): string {
		return `${this.#isTruncated ? '…' : ''}${this.#text}`.trimEnd();
	}
}

/** Windows has no process groups: `taskkill` ends a tree by its root, and survivors cannot be counted. */
const HAS_GROUPS: boolean = process.platform !== 'win32';

/** Signals a process group, if it still exists. */
function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
	if (HAS_GROUPS) {
		send(-pid, signal);
	} else {
		spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' }).on('error', () => {});
	}
}

function kill(pids: readonly number[]): void {
	for (const pid of pids) {
		send(pid, 'SIGKILL');
	}
}

/** Signals a process, or with a negative `pid` a group. */
function send(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if (!isCode(error, 'ESRCH')) {
			throw error;
		}
	}
}

/**
 * Running processes of the group and, on Linux, those that have left it but carry the mark in their
 * environment.
 */
function survivors(group: number, runId: string): readonly number[] {
	if (!HAS_GROUPS) {
		return [];
	}
	if (process.platform === 'linux') {
		return survivorsInProc(group, runId);
	}
	try {
		process.kill(-group, 0);
		return [-group];
	} catch {
		return [];
	}
}

function survivorsInProc(group: number, runId: string): readonly number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.filter((pid) => isAlive(pid, group) || hasRunId(pid, runId))
		.map(Number);
}

function isAlive(pid: string, group: number): boolean {
	// The name in parentheses may contain anything; state, parent and group follow it.
	const [state, , processGroup] = read(`/proc/${pid}/stat`)
		.replace(/^.*\) /s, '')
		.split(' ');
	// A container without an init process keeps orphans as zombies.
	return Number(processGroup) === group && state !== 'Z' && state !== 'X';
}

function hasRunId(pid: string, runId: string): boolean {
	return read(`/proc/${pid}/environ`).includes(runId);
}

/** Empty if the process has ended or has another owner. */
function read(file: string): string {
	try {
		return readFileSync(file, 'latin1');
	} catch {
		return '';
	}
}
