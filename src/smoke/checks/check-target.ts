import { fateOf, type LogEntry } from '../../server/request-log.ts';
import { type Expected, isContentOf, rulesOf } from '../expected.ts';
import type { Observation } from '../observe-run.ts';
import type { Finding } from '../results.ts';

/** One target: its file, what is said of it, and how often it was asked for. */
export function checkTarget(expected: Expected, observation: Observation): Finding[] {
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
	const shown = seen.slice(0, 6).map(fateOf);
	return `${shown.join(', ')}${seen.length > shown.length ? ', …' : ''}`;
}

function plural(requests: number): string {
	return requests === 1 ? '1 request' : `${requests} requests`;
}
