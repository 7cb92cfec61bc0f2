import { constants } from 'node:os';
import { plural } from '../util/units.ts';
import type { CommandEnd } from './client/run-command.ts';
import type { Observation } from './observe-run.ts';
import type { Finding, RunResult } from './results.ts';

/** How the client ended, for reports. */
export function endOf(
	{ code, signal, wallMs, lastOutput }: CommandEnd,
	findings: readonly Finding[],
): Pick<RunResult, 'exitCode' | 'signal' | 'wallMs' | 'lastOutput'> {
	return {
		...(code !== undefined && { exitCode: code }),
		...(signal !== undefined && { signal }),
		wallMs,
		...(findings.length > 0 && { lastOutput }),
	};
}

const MAX_NAMED = 5;

/** Checks how the client ended, and what it left behind: files, processes, connections. */
export function checkEnd(
	{ ended, files, socketsLeft, reported }: Observation,
	wanted: ReadonlySet<string>,
): Finding[] {
	const findings: Finding[] = [];
	const add = (check: Finding['check'], message: string) => findings.push({ check, message });

	const problem = problemOf(ended);
	if (problem !== undefined) {
		add('client', problem);
	}
	if (ended.processesLeft > 0) {
		add('process', `left ${ended.processesLeft} of its processes running; they were ended`);
	}
	if (socketsLeft > 0) {
		add('socket', `left ${plural(socketsLeft, 'connection')} open`);
	}

	const others = [...files.keys()].filter((file) => !wanted.has(file));
	if (others.length > 0) {
		const more = others.length > MAX_NAMED ? ', …' : '';
		const names = others.slice(0, MAX_NAMED).join(', ');
		add('leftover', `left ${plural(others.length, 'file')} not asked for: ${names}${more}`);
	}
	for (const problem of reported?.problems ?? []) {
		add('events', problem);
	}
	return findings;
}

function problemOf({ code, signal, cause, timeoutMs, lastOutput }: CommandEnd): string | undefined {
	if (cause === 'not_started') {
		return `could not be started: ${lastOutput}`;
	}
	if (cause === 'interrupted') {
		return 'was interrupted';
	}
	if (timeoutMs !== undefined) {
		return `did not end within ${timeoutMs / 1000} s, and was ended`;
	}
	if (signal !== undefined) {
		return `was killed by ${signal}`;
	}
	return code === undefined ? undefined : shellExitMeaning(code);
}

/** Meaning of a shell's exit code for a command that was not found, not executable, or killed by a signal. */
export function shellExitMeaning(code: number): string | undefined {
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

/** Exit code of flagdl if some files are missing. */
const INCOMPLETE = 1;

/** The exit code must be 0 if and only if every file exists. Another code may also mean a wrong file. */
export function checkExitCode(
	{ ended, reported }: Observation,
	{
		missing,
		targets,
		hasWrong = false,
	}: { readonly missing: number; readonly targets: number; readonly hasWrong?: boolean },
): Finding[] {
	const { code, cause } = ended;
	// `checkEnd` reports a client that was not found or was killed.
	if (code === undefined || cause !== undefined || (reported === undefined && code >= 126)) {
		return [];
	}
	const findings: Finding[] = [];
	const add = (message: string) => findings.push({ check: 'exit_code', message });

	if (missing === 0 && !hasWrong && code !== 0) {
		add(`ended with exit code ${code}, though every file is there`);
	}
	if (missing > 0 && code === 0) {
		add(`ended with exit code 0, though ${missing} of ${targets} files are not there`);
	}
	if (reported !== undefined && missing > 0 && code > INCOMPLETE) {
		add(`ended with exit code ${code}; if files are missing, it must be ${INCOMPLETE}`);
	}
	if (reported?.end !== undefined && reported.end.exitCode !== code) {
		add(`ended with exit code ${code}, its run.end says ${reported.end.exitCode}`);
	}
	return findings;
}
