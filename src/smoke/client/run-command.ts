import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForExit } from '../../util/child-process.ts';
import { isCode } from '../../util/errors.ts';

/** The command flagdl, and the environment of what is run. */
export interface Host {
	/** Path of Node and of `bin/flagdl.js`. */
	readonly node: string;
	readonly bin: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Command {
	/** A program with its arguments, or a line for the shell. */
	readonly argv: readonly [file: string, ...args: string[]] | string;
	readonly cwd: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly timeoutMs: number;
	/** Ends it when aborted. */
	readonly signal: AbortSignal;
	/** Gets what it writes to standard output; without, that goes to the last output. */
	readonly onStdout?: (text: string) => void;
}

/** How a process ended. Nothing of it is left running. */
export interface Ended {
	/** Absent where a signal ended it, or it never began. */
	readonly code?: number;
	readonly signal?: NodeJS.Signals;
	/** Why it was ended, or why it never began. */
	readonly cause?: 'timeout' | 'interrupted' | 'not_started';
	/** Of one that did not end within it. */
	readonly timeoutMs?: number;
	/** The last of what it wrote, or why it could not be started. */
	readonly lastOutput: string;
	/** Processes that outlived it, and were ended. */
	readonly processesLeft: number;
	readonly wallMs: number;
}

/** Between the request to end and the end. */
const GRACE_MS = 1000;
/** For what ends together with its parent, only a little later. */
const SETTLE_MS = 500;
const POLL_MS = 20;
/** What tells the processes of one run, even those that have left its group. */
const MARK = 'FLAGDL_SMOKE_RUN';

/** Runs a command as the leader of a process group of its own, to its end or to the end of its time. */
export async function runCommand({
	argv,
	cwd,
	env,
	timeoutMs,
	signal,
	onStdout,
}: Command): Promise<Ended> {
	const tail = new Tail();
	const startMs = performance.now();
	const mark = randomUUID();
	const [file, ...args] = typeof argv === 'string' ? [argv] : argv;
	const child = spawn(file, args, {
		cwd,
		env: { ...env, [MARK]: mark },
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
	const processesLeft = await endSurvivors(pid, mark);
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

/** @returns How many processes outlived their leader. */
async function endSurvivors(pid: number, mark: string): Promise<number> {
	const deadline = performance.now() + SETTLE_MS;
	let left = survivors(pid, mark);
	while (left.length > 0 && performance.now() < deadline) {
		await sleep(POLL_MS);
		left = survivors(pid, mark);
	}
	kill(left);
	return left.length;
}

const MAX_CHARACTERS = 4096;

/** The last of what a client wrote, to show when it failed. */
class Tail {
	#text = '';
	#cut = false;

	add(text: string): void {
		this.#cut ||= this.#text.length + text.length > MAX_CHARACTERS;
		this.#text = (this.#text + text).slice(-MAX_CHARACTERS);
	}

	/** At most 4096 characters; `…` stands for what came before. */
	get text(): string {
		return `${this.#cut ? '…' : ''}${this.#text}`.trimEnd();
	}
}

/** Windows has no process groups: a tree is ended by its root, and cannot be counted afterwards. */
const HAS_GROUPS: boolean = process.platform !== 'win32';

/** Ends a group; one that is gone is no error. */
function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
	if (HAS_GROUPS) {
		send(-pid, signal);
	} else {
		spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' }).on('error', () => {});
	}
}

/** Ends processes, by what `survivors` said of them. */
function kill(pids: readonly number[]): void {
	for (const pid of pids) {
		send(pid, 'SIGKILL');
	}
}

/** To a process, or with a negative number to a group. */
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
 * Processes of the group that have not ended, and those that have left it but still carry the mark
 * in their environment, where the system tells.
 */
function survivors(group: number, mark: string): readonly number[] {
	if (!HAS_GROUPS) {
		return [];
	}
	if (process.platform === 'linux') {
		return survivorsInProc(group, mark);
	}
	try {
		process.kill(-group, 0);
		return [-group];
	} catch {
		return [];
	}
}

/** Linux: processes of a group, or with a mark in their environment, that have not ended. */
function survivorsInProc(group: number, mark: string): readonly number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.filter((pid) => isAlive(pid, group) || hasMark(pid, mark))
		.map(Number);
}

function isAlive(pid: string, group: number): boolean {
	// The name, in brackets, may have anything in it; after it come state, parent and group.
	const [state, , processGroup] = read(`/proc/${pid}/stat`)
		.replace(/^.*\) /s, '')
		.split(' ');
	// A container without an init keeps its orphans as zombies for ever.
	return Number(processGroup) === group && state !== 'Z' && state !== 'X';
}

function hasMark(pid: string, mark: string): boolean {
	return read(`/proc/${pid}/environ`).includes(mark);
}

/** Empty for a process that is gone or has another owner. */
function read(file: string): string {
	try {
		return readFileSync(file, 'latin1');
	} catch {
		return '';
	}
}
