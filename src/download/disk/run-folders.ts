import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { kill, pid } from 'node:process';
import { randomSuffix, removeQuietly } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';

/**
 * Names for the folders of runs, from which a dead run can be recognized: boot id, PID namespace, PID
 * and start time of its process, and a random suffix.
 */

/** The part common to all names of this process. Dead processes are only recognized on Linux. */
let ownProcess: { readonly machineId: string; readonly started: string } | undefined;

export function createRunName(): string {
	ownProcess ??= {
		machineId: readMachineId(),
		started: readProcess('self')?.started ?? `${Date.now()}`,
	};
	return `${ownProcess.machineId}.${pid}.${ownProcess.started}.${randomSuffix()}`;
}

export function isRunName(name: string): boolean {
	return /^\w+\.\w+\.\d+\.\w+\.\w+$/.test(name);
}

/** Whether the process of a run is alive; unknown on another machine or in another container. */
export function runLiveness(name: string): 'alive' | 'dead' | 'unknown' {
	const [boot, namespace, owner = '', started, ...rest] = name.split('.');
	if (rest.length !== 1 || !/^[1-9]\d{0,9}$/.test(owner)) {
		return 'unknown';
	}
	const here = readMachineId();
	if (here === UNKNOWN || here !== `${boot}.${namespace}`) {
		return 'unknown';
	}
	if (!exists(Number(owner))) {
		return 'dead';
	}
	const found = readProcess(owner);
	if (found === undefined) {
		// It belongs to another user and is hidden (`hidepid`), or has just ended.
		return 'unknown';
	}
	return found.isRunning && found.started === started ? 'alive' : 'dead';
}

const UNKNOWN = 'unknown.unknown';

function readMachineId(): string {
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
	/** False for a zombie. */
	readonly isRunning: boolean;
}

function readProcess(process: string): Process | undefined {
	try {
		const stat = readFileSync(`/proc/${process}/stat`, 'latin1');
		// The program name is in parentheses and may itself contain parentheses and spaces.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		const [state, started] = [fields[0], fields[19]];
		const isRunning = state !== 'Z' && state !== 'X';
		return started === undefined ? undefined : { started, isRunning };
	} catch {
		return undefined;
	}
}

/** Kept parts, and folders of runs whose state is unknown, are removed after this. */
const EXPIRES_AFTER_MS = 24 * 60 * 60 * 1000;

/** Name of a part kept for a resume. */
const KEPT_PART = /^[0-9a-f]{32}\.part$/;

/** Removes the folders of dead runs from a reserved directory. */
export function sweep(reserved: string, ownRun: string): void {
	for (const name of listNames(reserved)) {
		if (name === ownRun || KEPT_PART.test(name)) {
			continue;
		}
		const path = join(reserved, name);
		const liveness = runLiveness(name);
		if (liveness === 'dead' || (liveness === 'unknown' && isOlderThanADay(path))) {
			removeQuietly(path);
		}
	}
}

/** Names of the kept parts in a reserved directory. */
export function listKeptParts(reserved: string): string[] {
	return listNames(reserved).filter((name) => KEPT_PART.test(name));
}

/** Whether neither it nor any of its entries was modified within a day. */
export function isOlderThanADay(path: string): boolean {
	const newestMs = Math.max(
		modifiedMs(path),
		...listNames(path).map((name) => modifiedMs(join(path, name))),
	);
	return Date.now() - newestMs > EXPIRES_AFTER_MS;
}

/** Does not follow links. @returns Undefined if it does not exist. */
export function isDirectory(path: string): boolean | undefined {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
}

/** Empty if it is not a directory or not readable. */
function listNames(directory: string): string[] {
	try {
		return isDirectory(directory) === true ? readdirSync(directory) : [];
	} catch {
		return [];
	}
}

/** Returns the current time on failure: it may have just been removed. */
function modifiedMs(path: string): number {
	try {
		return lstatSync(path).mtimeMs;
	} catch {
		return Date.now();
	}
}
