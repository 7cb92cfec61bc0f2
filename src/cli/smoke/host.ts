import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../smoke/host.ts';
import type { Io } from '../io.ts';

const BIN = fileURLToPath(new URL('../../../bin/flagdl.js', import.meta.url));

/** This process, as the room of smoke sees it. */
export function openHost({ env }: Io): Host {
	// Windows has no process groups; a tree is ended by its root, and cannot be counted afterwards.
	const hasGroups = process.platform !== 'win32';
	return {
		node: process.execPath,
		bin: BIN,
		env,
		hasGroups,
		signalGroup: hasGroups ? signalGroup : endTree,
		countGroup: hasGroups ? countGroup : () => 0,
	};
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-pid, signal);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}

function endTree(pid: number): void {
	spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' }).on('error', () => {});
}

function countGroup(pid: number): number {
	try {
		process.kill(-pid, 0);
	} catch {
		return 0;
	}
	// A container without an init keeps its orphans as zombies for ever, and they count as a group.
	return process.platform === 'linux' ? countInProc(pid) : 1;
}

function countInProc(group: number): number {
	return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isIn(group, name)).length;
}

function isIn(group: number, pid: string): boolean {
	try {
		// The name, in brackets, may have anything in it; after it come state, parent and group.
		const [state, , processGroup] = readFileSync(`/proc/${pid}/stat`, 'utf8')
			.replace(/^.*\) /s, '')
			.split(' ');
		return Number(processGroup) === group && state !== 'Z' && state !== 'X';
	} catch {
		return false;
	}
}
