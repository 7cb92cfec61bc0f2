import { constants } from 'node:os';
import { describeEntry, type LogEntry } from '../server/request-log.ts';
import type { CommandEnd } from './client/run-command.ts';
import { type Expected, isAcceptable, rulesOf } from './expected.ts';
import type { Observation } from './observe-run.ts';
import { bySeverity, type Finding, type RunResult } from './results.ts';

/** Compares the observation of a run with its plan. Worst findings first. */
export function judgeRun(expected: readonly Expected[], observation: Observation): Finding[] {
	// A wrongly saved file counts as saved by the client, and is a separate finding.
	const missing = expected.filter(({ file }) => !observation.files.has(file));
	return [
		...checkEnd(observation, new Set(expected.map(({ file }) => file))),
		...checkExitCode(observation, { missing: missing.length, targets: expected.length }),
		...expected.flatMap((one) => checkTarget(one, observation)),
		...expected.flatMap((one) => checkRetryAfter(one, observation)),
	].sort(bySeverity);
}

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
		add('socket', `left ${socketsLeft} connections open`);
	}

	const others = [...files.keys()].filter((file) => !wanted.has(file));
	if (others.length > 0) {
		const more = others.length > MAX_NAMED ? ', …' : '';
		const names = others.slice(0, MAX_NAMED).join(', ');
		add('leftover', `left ${others.length} files that were not asked for: ${names}${more}`);
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

/** The exit code must be 0 if and only if every file exists. */
export function checkExitCode(
	{ ended, reported }: Observation,
	{ missing, targets }: { readonly missing: number; readonly targets: number },
): Finding[] {
	const { code, cause } = ended;
	// `checkEnd` reports a client that was not found or was killed.
	if (code === undefined || cause !== undefined || (reported === undefined && code >= 126)) {
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
	if (reported !== undefined && missing > 0 && code > INCOMPLETE) {
		add(`ended with exit code ${code}; if files are missing, it must be ${INCOMPLETE}`);
	}
	if (reported?.end !== undefined && reported.end.exitCode !== code) {
		add(`ended with exit code ${code}, its run.end says ${reported.end.exitCode}`);
	}
	return findings;
}

/** Allowed difference between the clocks of two processes. */
const TOLERANCE_MS = 50;

/** Checks that the client honoured `Retry-After`. */
function checkRetryAfter({ planned }: Expected, { requests }: Observation): Finding[] {
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

/** Checks a target: its file, its outcome, and its number of requests. */
function checkTarget(expected: Expected, observation: Observation): Finding[] {
	const { planned, file } = expected;
	const seen = observation.requests.filter(({ path }) => path === planned.path);
	const findings: Finding[] = [];
	const add = (check: Finding['check'], message: string) => {
		findings.push({ check, target: planned.id, rules: rulesOf(planned), message });
	};

	const problem = targetProblem(expected, observation, seen);
	if (problem !== undefined) {
		add(...problem);
	}
	if (observation.partial?.has(file) === true && problem?.[0] !== 'wrong') {
		add('partial', 'has its final name while the server still holds half of it');
	}
	const { min, max } = expected.requests;
	if (seen.length > max) {
		add('requests', `${plural(seen.length)}, a correct client makes ${max}: ${historyOf(seen)}`);
	} else if (seen.length < min && problem === undefined) {
		add('requests', `${plural(seen.length)}, a correct client makes ${min}: ${historyOf(seen)}`);
	}
	return findings;
}

/** The worst finding about the file or outcome of a target; `undefined` if it ended as planned. */
function targetProblem(
	expected: Expected,
	{ files, reported }: Observation,
	seen: readonly LogEntry[],
): [Finding['check'], string] | undefined {
	const { planned, file, content, uncertain, mayBeMissing, restarts } = expected;
	const saved = files.get(file);
	const isRight = saved !== undefined && isAcceptable(expected, saved);
	if (saved !== undefined && !isRight && planned.status !== 'ok') {
		return [
			'wrong',
			`saved ${saved.length} bytes, though there is no file (${planned.code ?? ''})`,
		];
	}
	if (saved !== undefined && !isRight) {
		return ['wrong', `saved ${describe(saved, content)}: ${historyOf(seen)}`];
	}

	const outcome = reported?.outcomes.get(planned.id);
	if (saved === undefined && planned.status === 'ok' && !uncertain && !mayBeMissing) {
		const excuse = outcome?.error === undefined ? '' : ` (${outcome.error.message})`;
		return ['missed', `not there after ${plural(seen.length)}${excuse}: ${historyOf(seen)}`];
	}
	if (reported === undefined) {
		return undefined;
	}
	if (outcome === undefined) {
		return ['outcome', 'it has no outcome'];
	}
	const { status, bytes, requests, error } = outcome;
	const right = uncertain ? (saved !== undefined) === (status === 'ok') : status === planned.status;
	if (!right) {
		return [
			'outcome',
			`it says ${status} (${error?.code ?? 'no error'}), ${planned.status} is right`,
		];
	}
	if (saved !== undefined && bytes !== saved.length) {
		return ['outcome', `it says ${bytes} bytes, the file has ${saved.length}`];
	}
	const countsMatch = restarts ? requests >= seen.length : requests === seen.length;
	return countsMatch
		? undefined
		: ['outcome', `it says ${plural(requests)}, the server had ${seen.length}`];
}

function describe(saved: Buffer, content: Buffer): string {
	if (saved.length === 0) {
		return 'an empty file';
	}
	if (/^\s*<(!doctype|html)/i.test(saved.toString('latin1', 0, 64))) {
		return 'a page of HTML';
	}
	if (saved.length === content.length) {
		return 'as many bytes, but others';
	}
	return `${saved.length} bytes instead of ${content.length}`;
}

/** What the server did to the requests, in order: `503 by hiccup, 200`. */
function historyOf(seen: readonly LogEntry[]): string {
	if (seen.length === 0) {
		return 'it was never asked for';
	}
	const shown = seen.slice(0, 6).map(describeEntry);
	return `${shown.join(', ')}${seen.length > shown.length ? ', …' : ''}`;
}

function plural(requests: number): string {
	return requests === 1 ? '1 request' : `${requests} requests`;
}
