import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { isCode } from '../../util/errors.ts';

/** Windows has no process groups: a tree is ended by its root, and cannot be counted afterwards. */
export const HAS_GROUPS: boolean = process.platform !== 'win32';

/** Ends a group; one that is gone is no error. */
export function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
	if (HAS_GROUPS) {
		send(-pid, signal);
	} else {
		spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' }).on('error', () => {});
	}
}

/** Ends processes, by what `survivors` said of them. */
export function kill(pids: readonly number[]): void {
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
export function survivors(group: number, mark: string): readonly number[] {
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
