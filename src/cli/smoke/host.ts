import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../smoke/client/run-command.ts';
import { isCode } from '../../util/errors.ts';
import type { Io } from '../io.ts';

const BIN = fileURLToPath(new URL('../../../bin/flagdl.js', import.meta.url));

/** This process, as the room of smoke sees it. */
export function openHost({ env }: Pick<Io, 'env'>): Host {
	// Windows has no process groups; a tree is ended by its root, and cannot be counted afterwards.
	const hasGroups = process.platform !== 'win32';
	return {
		node: process.execPath,
		bin: BIN,
		env,
		shell: process.platform === 'win32' ? 'cmd' : 'sh',
		hasGroups,
		signalGroup: hasGroups ? (pid, signal) => send(-pid, signal) : endTree,
		survivors: hasGroups ? survivors : () => [],
		kill(pids) {
			for (const pid of pids) {
				send(pid, 'SIGKILL');
			}
		},
	};
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

function endTree(pid: number): void {
	spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' }).on('error', () => {});
}

function survivors(group: number, mark: string): readonly number[] {
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
