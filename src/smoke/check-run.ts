import { describeEntry, type LogEntry } from '../server/request-log.ts';
import { plural } from '../util/units.ts';
import { checkEnd, checkExitCode } from './check-ending.ts';
import { type Expected, isAcceptable, rulesOf, UNREAD } from './expected.ts';
import type { Observation } from './observe-run.ts';
import { bySeverity, type Finding } from './results.ts';

/** Compares the observation of a run with its plan. Worst findings first. */
export function judgeRun(expected: readonly Expected[], observation: Observation): Finding[] {
	// A wrongly saved file counts as saved by the client, and is a separate finding.
	const missing = expected.filter(({ file }) => !observation.files.has(file));
	const ofTargets = expected.flatMap((one) => checkTarget(one, observation));
	return [
		...checkEnd(observation, new Set(expected.map(({ file }) => file))),
		...checkExitCode(observation, {
			missing: missing.length,
			targets: expected.length,
			hasWrong: ofTargets.some(({ check }) => check === 'wrong'),
		}),
		...ofTargets,
		...expected.flatMap((one) => checkRetryAfter(one, observation)),
	].sort(bySeverity);
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
		add(
			'requests',
			`${plural(seen.length, 'request')}, a correct client makes ${max}: ${historyOf(seen)}`,
		);
	} else if (seen.length < min && problem === undefined) {
		add(
			'requests',
			`${plural(seen.length, 'request')}, a correct client makes ${min}: ${historyOf(seen)}`,
		);
	}
	return findings;
}

/** The worst finding about the file or outcome of a target; `undefined` if it ended as planned. */
function targetProblem(
	expected: Expected,
	{ files, reported }: Observation,
	seen: readonly LogEntry[],
): [Finding['check'], string] | undefined {
	const { planned, file, content, uncertain, mayBeMissing, mayBeUnseen } = expected;
	const saved = files.get(file);
	const isRight = saved !== undefined && isAcceptable(expected, saved);
	if (saved !== undefined && !isRight && planned.status !== 'ok') {
		return [
			'wrong',
			`saved ${saved === UNREAD ? 'something' : `${saved.length} bytes`}, though there is no file (${planned.code ?? ''})`,
		];
	}
	if (saved !== undefined && !isRight) {
		return ['wrong', `saved ${describe(saved, content)}: ${historyOf(seen)}`];
	}

	const outcome = reported?.outcomes.get(planned.id);
	if (saved === undefined && planned.status === 'ok' && !uncertain && !mayBeMissing) {
		const excuse = outcome?.error === undefined ? '' : ` (${outcome.error.message})`;
		return [
			'missed',
			`not there after ${plural(seen.length, 'request')}${excuse}: ${historyOf(seen)}`,
		];
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
	if (saved !== undefined && saved !== UNREAD && bytes !== saved.length) {
		return ['outcome', `it says ${bytes} bytes, the file has ${saved.length}`];
	}
	const countsMatch = mayBeUnseen ? requests >= seen.length : requests === seen.length;
	return countsMatch
		? undefined
		: ['outcome', `it says ${plural(requests, 'request')}, the server had ${seen.length}`];
}

function describe(saved: Buffer, content: Buffer): string {
	if (saved === UNREAD) {
		return 'what is no readable file of at most 1 GiB';
	}
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
