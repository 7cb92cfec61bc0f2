import { constants } from 'node:os';
import { describeEntry, type LogEntry } from '../server/request-log.ts';
import type { Ended } from './client/run-command.ts';
import { type Expected, isContentOf, rulesOf } from './expected.ts';
import type { Observation } from './observe-run.ts';
import { bySeverity, type Finding, type RunResult } from './results.ts';

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

function troubleOf({ code, signal, cause, timeoutMs, lastOutput }: Ended): string | undefined {
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

/** One target: its file, what is said of it, and how often it was asked for. */
function checkTarget(expected: Expected, observation: Observation): Finding[] {
	const { planned, file } = expected;
	const seen = observation.requests.filter(({ path }) => path === planned.path);
	const findings: Finding[] = [];
	const add = (check: Finding['check'], message: string) => {
		findings.push({ check, target: planned.id, rules: rulesOf(planned), message });
	};

	const fate = targetFate(expected, observation, seen);
	if (fate !== undefined) {
		add(...fate);
	}
	if (observation.partial?.has(file) === true && fate?.[0] !== 'wrong') {
		add('partial', 'has its final name while the server still holds half of it');
	}
	const { min, max } = expected.requests;
	if (seen.length > max) {
		add('requests', `${plural(seen.length)}, a correct client makes ${max}: ${storyOf(seen)}`);
	} else if (seen.length < min && fate === undefined) {
		add('requests', `${plural(seen.length)}, a correct client makes ${min}: ${storyOf(seen)}`);
	}
	return findings;
}

/** The worst that can be said of it; `undefined` where it ended as planned. */
function targetFate(
	expected: Expected,
	{ files, said }: Observation,
	seen: readonly LogEntry[],
): [Finding['check'], string] | undefined {
	const { planned, file, content, uncertain, mayMiss, restarts } = expected;
	const saved = files.get(file);
	const isRight = saved !== undefined && isContentOf(expected, saved);
	if (saved !== undefined && !isRight && planned.status !== 'ok') {
		return [
			'wrong',
			`saved ${saved.length} bytes, though there is no file (${planned.code ?? ''})`,
		];
	}
	if (saved !== undefined && !isRight) {
		return ['wrong', `saved ${describe(saved, content)}: ${storyOf(seen)}`];
	}

	const words = said?.outcomes.get(planned.id);
	if (saved === undefined && planned.status === 'ok' && !uncertain && !mayMiss) {
		const excuse = words?.error === undefined ? '' : ` (${words.error.message})`;
		return ['missed', `not there after ${plural(seen.length)}${excuse}: ${storyOf(seen)}`];
	}
	if (said === undefined) {
		return undefined;
	}
	if (words === undefined) {
		return ['outcome', 'it has no outcome'];
	}
	const isThere = saved !== undefined;
	const right = uncertain ? isThere === (words.status === 'ok') : words.status === planned.status;
	if (!right) {
		return [
			'outcome',
			`it says ${words.status} (${words.error?.code ?? 'no error'}), ${planned.status} is right`,
		];
	}
	if (isThere && words.bytes !== saved.length) {
		return ['outcome', `it says ${words.bytes} bytes, the file has ${saved.length}`];
	}
	const isSaid = restarts ? words.requests >= seen.length : words.requests === seen.length;
	return isSaid
		? undefined
		: ['outcome', `it says ${plural(words.requests)}, the server had ${seen.length}`];
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

/** `short-silent answered 200, then 200`: what the server did to it, in order. */
function storyOf(seen: readonly LogEntry[]): string {
	if (seen.length === 0) {
		return 'it was never asked for';
	}
	const shown = seen.slice(0, 6).map(describeEntry);
	return `${shown.join(', ')}${seen.length > shown.length ? ', …' : ''}`;
}

function plural(requests: number): string {
	return requests === 1 ? '1 request' : `${requests} requests`;
}
