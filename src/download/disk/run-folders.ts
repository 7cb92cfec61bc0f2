import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { kill, pid } from 'node:process';
import { randomSuffix, removeQuietly } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';

/**
 * Names for the folders of runs, which tell whether their run is dead: boot, PID namespace, PID and
 * start time of its process, and something random.
 */

/** What of this process is in all its names. Elsewhere than on Linux no process can be told dead. */
let own: { readonly machine: string; readonly started: string } | undefined;

export function createRunName(): string {
	own ??= { machine: machine(), started: look('self')?.started ?? `${Date.now()}` };
	return `${own.machine}.${pid}.${own.started}.${randomSuffix()}`;
}

export function isRunName(name: string): boolean {
	return /^\w+\.\w+\.\d+\.\w+\.\w+$/.test(name);
}

/** What became of the process of a run; of another machine or container it cannot be told. */
export function lifeOfRun(name: string): 'alive' | 'dead' | 'unknown' {
	const [boot, namespace, owner = '', started, ...rest] = name.split('.');
	if (rest.length !== 1 || !/^[1-9]\d{0,9}$/.test(owner)) {
		return 'unknown';
	}
	const here = machine();
	if (here === UNKNOWN || here !== `${boot}.${namespace}`) {
		return 'unknown';
	}
	if (!exists(Number(owner))) {
		return 'dead';
	}
	const found = look(owner);
	if (found === undefined) {
		// Of another user, where the system hides those (`hidepid`), or it has just ended.
		return 'unknown';
	}
	return found.isRunning && found.started === started ? 'alive' : 'dead';
}

const UNKNOWN = 'unknown.unknown';

function machine(): string {
	try {
		const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
		const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
		return namespace === undefined ? UNKNOWN : `${boot}.${namespace}`;
	} catch {
		return UNKNOWN;
	}
}

function exists(ownerPid: number): boolean {
	try {
		kill(ownerPid, 0);
		return true;
	} catch (error) {
		return !isCode(error, 'ESRCH');
	}
}

interface Process {
	/** In clock ticks since boot. */
	readonly started: string;
	/** False if it has ended and was not waited for. */
	readonly isRunning: boolean;
}

function look(process: string): Process | undefined {
	try {
		const stat = readFileSync(`/proc/${process}/stat`, 'latin1');
		// The name of the program is in brackets, and may have brackets and spaces in it.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		const [state, started] = [fields[0], fields[19]];
		const isRunning = state !== 'Z' && state !== 'X';
		return started === undefined ? undefined : { started, isRunning };
	} catch {
		return undefined;
	}
}

/** So long a folder is left alone whose run cannot be told dead, and a part that is not resumed. */
const LEAVE_MS = 24 * 60 * 60 * 1000;

/** A part that is kept for a resume. */
const KEPT = /^[0-9a-f]{32}\.part$/;

/** Removes the folders of dead runs from a reserved directory; what is not ours to remove stays. */
export function sweep(reserved: string, ownRun: string): void {
	for (const name of namesIn(reserved)) {
		if (name === ownRun || KEPT.test(name)) {
			continue;
		}
		const path = join(reserved, name);
		const life = lifeOfRun(name);
		if (life === 'dead' || (life === 'unknown' && isOlderThanADay(path))) {
			removeQuietly(path);
		}
	}
}

/** Names of the parts that are kept in a reserved directory. */
export function keptIn(reserved: string): string[] {
	return namesIn(reserved).filter((name) => KEPT.test(name));
}

/** Whether nothing in it was written to for a day. */
export function isOlderThanADay(path: string): boolean {
	const newestMs = Math.max(
		modifiedMs(path),
		...namesIn(path).map((name) => modifiedMs(join(path, name))),
	);
	return Date.now() - newestMs > LEAVE_MS;
}

/** @returns Undefined if there is nothing. A link is no directory. */
export function isDirectory(path: string): boolean | undefined {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
}

/** None if it is no directory, or of another user. */
function namesIn(directory: string): string[] {
	try {
		return isDirectory(directory) === true ? readdirSync(directory) : [];
	} catch {
		return [];
	}
}

/** Now, if it cannot be told: it may have just been removed. */
function modifiedMs(path: string): number {
	try {
		return lstatSync(path).mtimeMs;
	} catch {
		return Date.now();
	}
}
