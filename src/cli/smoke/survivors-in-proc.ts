import { readdirSync, readFileSync } from 'node:fs';

/** Linux: processes of a group, or with a mark in their environment, that have not ended. */
export function survivorsInProc(group: number, mark: string): readonly number[] {
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

/** Empty for a process that is gone or somebody else's. */
function read(file: string): string {
	try {
		return readFileSync(file, 'latin1');
	} catch {
		return '';
	}
}
