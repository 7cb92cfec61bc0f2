import { constants } from 'node:os';
import type { Finding } from '../finding.ts';
import type { Observation } from '../observation.ts';
import type { Ended } from '../run-command.ts';

const MOST_NAMED = 5;

/** How the client ended, and what it left behind: on the disk, in memory, on the network. */
export function checkEnd(
	{ ended, files, socketsLeft, said }: Observation,
	wanted: ReadonlySet<string>,
): Finding[] {
	const findings: Finding[] = [];
	const add = (check: Finding['check'], message: string) => findings.push({ check, message });

	const trouble = troubleOf(ended);
	if (trouble !== undefined) {
		add('client', trouble);
	}
	if (ended.processesLeft > 0) {
		add('process', `left ${ended.processesLeft} of its processes running; they were ended`);
	}
	if (socketsLeft > 0) {
		add('socket', `left ${socketsLeft} connections open`);
	}

	const others = [...files.keys()].filter((file) => !wanted.has(file));
	if (others.length > 0) {
		const more = others.length > MOST_NAMED ? ', …' : '';
		const names = others.slice(0, MOST_NAMED).join(', ');
		add('leftover', `left ${others.length} files that nobody asked for: ${names}${more}`);
	}
	for (const problem of said?.problems ?? []) {
		add('events', problem);
	}
	return findings;
}

function troubleOf({ code, signal, cause, wallMs, lastOutput }: Ended): string | undefined {
	if (cause === 'not_started') {
		return `could not be started: ${lastOutput}`;
	}
	if (cause === 'interrupted') {
		return 'was interrupted';
	}
	if (cause === 'timeout') {
		return `did not end within ${Math.round(wallMs / 1000)} s, and was ended`;
	}
	if (signal !== undefined) {
		return `was killed by ${signal}`;
	}
	return code === undefined ? undefined : saidByShell(code);
}

/** What a shell says of a command that it does not have or may not run, or that a signal ended. */
function saidByShell(code: number): string | undefined {
	if (code === 127) {
		return 'was not found (exit code 127)';
	}
	if (code === 126) {
		return 'could not be executed (exit code 126)';
	}
	const [signal] =
		Object.entries(constants.signals).find(([, number]) => code === 128 + number) ?? [];
	return signal === undefined ? undefined : `was killed by ${signal} (exit code ${code})`;
}
