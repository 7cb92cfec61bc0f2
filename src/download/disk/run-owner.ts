import { readFileSync, readlinkSync } from 'node:fs';
import { kill, pid } from 'node:process';
import { randomSuffix } from '../../util/random-suffix.ts';

/**
 * Names for the folders of runs, which tell whether their run is dead: boot, PID namespace, PID and
 * start time of its process, and something random.
 */

/** What of this process is in all its names. Elsewhere than on Linux no process can be told dead. */
let own: { readonly machine: string; readonly started: string } | undefined;

export function createRunName(): string {
	own ??= { machine: machine(), started: startTime('self') ?? `${Date.now()}` };
	return `${own.machine}.${pid}.${own.started}.${randomSuffix()}`;
}

/** What became of the process of a run; of another machine or container it cannot be told. */
export function lifeOfRun(name: string): 'alive' | 'dead' | 'unknown' {
	const [boot, namespace, owner, started, ...rest] = name.split('.');
	const ownerPid = Number(owner);
	if (rest.length !== 1 || !Number.isSafeInteger(ownerPid) || ownerPid <= 0) {
		return 'unknown';
	}
	const here = machine();
	if (here === UNKNOWN || here !== `${boot}.${namespace}`) {
		return 'unknown';
	}
	return exists(ownerPid) && startTime(owner) === started ? 'alive' : 'dead';
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
		return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
	}
}

/** In clock ticks since boot; of a process that has ended and was not waited for: nothing. */
function startTime(process = 'self'): string | undefined {
	try {
		const stat = readFileSync(`/proc/${process}/stat`, 'latin1');
		// The name of the program is in brackets, and may have brackets and spaces in it.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return fields[0] === 'Z' ? undefined : fields[19];
	} catch {
		return undefined;
	}
}
