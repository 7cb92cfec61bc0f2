import { constants } from 'node:os';
import type { Ended } from '../client/run-command.ts';
import { type Expected, rulesOf } from '../expected.ts';
import type { Observation } from '../observe-run.ts';
import { bySeverity, type Finding, type RunResult } from '../results.ts';
import { checkTarget } from './check-target.ts';

/** Compares what was seen of a run with what the plan says of a correct client. Worst first. */
export function judgeRun(expected: readonly Expected[], observation: Observation): Finding[] {
	// What was saved wrongly, the client takes for saved: that is a finding of its own.
	const missing = expected.filter(({ file }) => !observation.files.has(file));
	return [
		...checkEnd(observation, new Set(expected.map(({ file }) => file))),
		...checkExitCode(observation, { missing: missing.length, targets: expected.length }),
		...expected.flatMap((one) => checkTarget(one, observation)),
		...expected.flatMap((one) => checkPatience(one, observation)),
	].sort(bySeverity);
}

/** What is told of the end of a client. */
export function endOf(
	{ code, signal, wallMs, lastOutput }: Ended,
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
		const more = others.length > MAX_NAMED ? ', …' : '';
		const names = others.slice(0, MAX_NAMED).join(', ');
		add('leftover', `left ${others.length} files that were not asked for: ${names}${more}`);
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
export function saidByShell(code: number): string | undefined {
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

/** What flagdl promises where some files are not there. */
const INCOMPLETE = 1;

/** 0 where every file is there and nothing else where one is not: never "the last one decides". */
export function checkExitCode(
	{ ended, said }: Observation,
	{ missing, targets }: { readonly missing: number; readonly targets: number },
): Finding[] {
	const { code, cause } = ended;
	// Of one that was not found, or was killed, `check-end` tells.
	if (code === undefined || cause !== undefined || (said === undefined && code >= 126)) {
		return [];
	}
	const findings: Finding[] = [];
	const add = (message: string) => findings.push({ check: 'exit_code', message });

	if (missing === 0 && code !== 0) {
		add(`ended with exit code ${code}, though every file is there`);
	}
	if (missing > 0 && code === 0) {
		add(`ended with exit code 0, though ${missing} of ${targets} files are not there`);
	}
	if (said !== undefined && missing > 0 && code > INCOMPLETE) {
		add(`ended with exit code ${code}; where files are missing it promises ${INCOMPLETE}`);
	}
	if (said?.end !== undefined && said.end.exitCode !== code) {
		add(`ended with exit code ${code}, its run.end says ${said.end.exitCode}`);
	}
	return findings;
}

/** Between the clocks of two processes. */
const TOLERANCE_MS = 50;

/** Whether a client that was asked to wait by `Retry-After` did. */
function checkPatience({ planned }: Expected, { requests }: Observation): Finding[] {
	const seen = requests.filter(({ path }) => path === planned.path);
	return planned.attempts.flatMap(({ number, waitMs }): Finding[] => {
		const refusal = seen.find(({ attempt }) => attempt === number);
		const next = seen.find(({ attempt }) => attempt === number + 1);
		if (waitMs === undefined || refusal === undefined || next === undefined) {
			return [];
		}

		const waitedMs = next.time - refusal.time - (refusal.servedMs ?? 0);
		if (waitedMs >= waitMs - TOLERANCE_MS) {
			return [];
		}
		return [
			{
				check: 'retry_after',
				target: planned.id,
				rules: rulesOf(planned),
				message: `asked again after ${Math.round(waitedMs)} ms; the server had asked for ${waitMs} ms (Retry-After)`,
			},
		];
	});
}
