import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/scenarios/load-scenario.ts';
import { planRun } from '../../../src/scenarios/plan-run.ts';
import { BundledFlags } from '../../../src/server/content/bundled-flags.ts';
import type { LogEntry } from '../../../src/server/request-log.ts';
import { judgeRun } from '../../../src/smoke/check-run.ts';
import { chooseTargets } from '../../../src/smoke/choose-targets.ts';
import { type Expected, expectedOf, readContents } from '../../../src/smoke/expected.ts';
import type { Observation } from '../../../src/smoke/observe-run.ts';

const { scenario } = loadScenario('hostile', '.');
const plan = planRun(scenario, chooseTargets(scenario, 40, { retries: 3 }), { retries: 3 });
const expected = expectedOf(plan, await readContents(new BundledFlags(), plan));

/** The observation of a correct client. */
function correct(): Observation {
	const there = expected.filter(({ planned }) => planned.status === 'ok');
	return {
		ended: { code: 1, lastOutput: '', processesLeft: 0, wallMs: 1 },
		files: new Map(there.map(({ file, content }) => [file, content])),
		partial: new Set(),
		requests: expected.flatMap(requestsOf),
		socketsLeft: 0,
	};
}

function requestsOf({ planned }: Expected): LogEntry[] {
	let time = 0;
	return planned.attempts.flatMap(({ number, requests, rule, waitMs = 0 }) => {
		const entries = Array.from({ length: requests }, () => ({
			...{ time, connection: 1, requestOnConnection: 1, run: '', method: 'GET', plannedMs: 0 },
			...{ path: planned.path, attempt: number, bytes: 0, inFlight: 1 },
			...(rule !== undefined && { rule }),
			outcome: 'answered' as const,
			status: 200,
			servedMs: 5,
		}));
		time += 10 + waitMs;
		return entries;
	});
}

const find = (id: string) => {
	const found = expected.find(({ planned }) => planned.id === id);
	if (found === undefined) {
		throw new Error(`${id} was not chosen`);
	}
	return found;
};
/** A target that meets no rule, and one that meets this rule. */
const plain = expected.find(({ planned }) => planned.attempts.every(({ rule }) => !rule));
const met = (rule: string) => {
	const found = expected.find(({ planned }) => planned.attempts[0]?.rule === rule);
	if (found === undefined) {
		throw new Error(`no target meets ${rule}`);
	}
	return found;
};
const withFile = (observation: Observation, name: string, content: Buffer): Observation => ({
	...observation,
	files: new Map([...observation.files, [name, content]]),
});
const withoutFile = (observation: Observation, name: string): Observation => ({
	...observation,
	files: new Map([...observation.files].filter(([file]) => file !== name)),
});
const checksOf = (observation: Observation) =>
	judgeRun(expected, observation).map(({ check, target }) => [check, target]);

describe('a run of a correct client', () => {
	it('has nothing to find', () => {
		expect(judgeRun(expected, correct())).toEqual([]);
	});

	it('may send a request once more where the server closed an idle connection', () => {
		const { planned } = met('reuse');
		const again = requestsOf(met('reuse')).slice(0, 1);

		expect(planned.attempts.length).toBe(1);
		expect(
			judgeRun(expected, { ...correct(), requests: [...correct().requests, ...again] }),
		).toEqual([]);
	});
});

describe('what is found', () => {
	const id = plain?.planned.id ?? '';
	const file = plain?.file ?? '';

	it('a file that is not there', () => {
		const observation = withoutFile(correct(), file);

		expect(checksOf(observation)).toEqual([['missed', id]]);
	});

	it('a file with other bytes', () => {
		const content = Buffer.from(find(id).content);
		content[100] = (content[100] ?? 0) ^ 1;

		const [finding] = judgeRun(expected, withFile(correct(), file, content));

		expect(finding).toMatchObject({ check: 'wrong', target: id });
		expect(finding?.message).toContain('as many bytes, but others');
	});

	it('a page in place of a file, and the rule behind it', () => {
		const { planned, file: name } = met('portal');
		const page = Buffer.from('<!doctype html><title>Sign in</title>');

		const [finding] = judgeRun(expected, withFile(correct(), name, page));

		expect(finding).toMatchObject({ check: 'wrong', target: planned.id });
		expect(finding?.rules).toContain('portal');
		expect(finding?.message).toContain('saved a page of HTML');
	});

	it('a file where none should be', () => {
		const observation = withFile(correct(), find('ZW').file, Buffer.from('404'));

		expect(checksOf(observation)).toEqual([['wrong', 'ZW']]);
	});

	it('a file that was unfinished under its final name', () => {
		expect(checksOf({ ...correct(), partial: new Set([file]) })).toEqual([['partial', id]]);
	});

	it('what was left on the disk, in memory, on the network', () => {
		const left = withFile(correct(), 'br.gif.123.part', Buffer.alloc(3));

		expect(
			checksOf({
				...left,
				socketsLeft: 2,
				ended: { ...left.ended, processesLeft: 1 },
			}).map(([check]) => check),
		).toEqual(['leftover', 'process', 'socket']);
	});

	it('requests that a correct client does not make', () => {
		const again = Array.from({ length: 3 }, () => requestsOf(find('ZW'))).flat();

		const [finding] = judgeRun(expected, {
			...correct(),
			requests: [...correct().requests, ...again],
		});

		expect(finding).toMatchObject({ check: 'requests', target: 'ZW' });
		expect(finding?.message).toMatch(/^4 requests, a correct client makes 1: 200 by gone/);
	});

	it('a target that gave up too early', () => {
		const observation = correct();
		const { path } = find('SY').planned;
		const [first] = observation.requests.filter((entry) => entry.path === path);
		const others = observation.requests.filter((entry) => entry.path !== path);

		const [finding] = judgeRun(expected, {
			...observation,
			requests: first === undefined ? others : [...others, first],
		});

		expect(finding).toMatchObject({ check: 'requests', target: 'SY' });
		expect(finding?.message).toMatch(/^1 request, a correct client makes 4/);
	});

	it.each(['polite-429', 'polite-503'])('impatience after %s', (rule) => {
		const { planned } = met(rule);
		const hurried = correct().requests.map((entry) =>
			entry.path === planned.path && entry.attempt === 2 ? { ...entry, time: 900 } : entry,
		);

		const [finding] = judgeRun(expected, { ...correct(), requests: hurried });

		expect(finding).toMatchObject({ check: 'retry_after', target: planned.id });
		expect(finding?.message).toContain('asked again after 895 ms');
	});
});

describe('the exit code', () => {
	const codesOf = (observation: Observation) =>
		judgeRun(expected, observation).filter(
			({ check }) => check === 'exit_code' || check === 'client',
		);
	const ending = (ended: Partial<Observation['ended']>): Observation => ({
		...correct(),
		ended: { lastOutput: '', processesLeft: 0, wallMs: 1000, ...ended },
	});

	it('must not be 0 where files are not there', () => {
		expect(codesOf(ending({ code: 0 }))[0]?.message).toBe(
			'ended with exit code 0, though 5 of 40 files are not there',
		);
	});

	it('may tell that a file is wrong, though all are there', () => {
		const all = expected.map(({ file }): [string, Buffer] => [file, Buffer.from('404')]);
		expect(codesOf({ ...ending({ code: 18 }), files: new Map(all) })).toEqual([]);
	});

	it('may be any other of a client that is not flagdl', () => {
		expect(codesOf(ending({ code: 22 }))).toEqual([]);
	});

	it.each([
		[{ code: 127 }, 'was not found (exit code 127)'],
		[{ code: 126 }, 'could not be executed (exit code 126)'],
		[{ code: 139 }, 'was killed by SIGSEGV (exit code 139)'],
		[{ signal: 'SIGKILL' as const }, 'was killed by SIGKILL'],
		[{ cause: 'timeout' as const, timeoutMs: 2000, wallMs: 3100 }, 'did not end within 2 s'],
		[{ cause: 'not_started' as const, lastOutput: 'ENOENT' }, 'could not be started: ENOENT'],
	])('%j is a failure of the client', (ended, message) => {
		const findings = codesOf(ending(ended));

		expect(findings.length).toBe(1);
		expect(findings[0]).toMatchObject({ check: 'client' });
		expect(findings[0]?.message).toContain(message);
	});
});

describe('what flagdl says of itself', () => {
	const saying = (id: string, change: object): Observation => {
		const outcomes = new Map(
			expected.map(({ planned, file, content }) => {
				const { status } = planned;
				const said = {
					...{
						id: planned.id,
						index: 0,
						url: planned.path,
						status,
						dest: file,
						requests: planned.requests,
						retries: 0,
					},
					...{ bytes: status === 'ok' ? content.length : 0, startMs: 0, endMs: 1 },
				};
				return [planned.id, planned.id === id ? { ...said, ...change } : said] as const;
			}),
		);
		return { ...correct(), reported: { outcomes, problems: [] } };
	};
	const messagesOf = (observation: Observation) =>
		judgeRun(expected, observation).map(({ check, message }) => `${check}: ${message}`);

	it('is right where it is what happened', () => {
		expect(messagesOf(saying('', {}))).toEqual([]);
	});

	it.each([
		[
			{ status: 'error', error: { code: 'stalled', message: '' } },
			'says error (stalled), ok is right',
		],
		[{ bytes: 1 }, 'it says 1 bytes, the file has'],
		[{ requests: 7 }, 'it says 7 requests, the server had 1'],
	])('%j is found', (change, message) => {
		const [found, ...others] = messagesOf(saying(plain?.planned.id ?? '', change));

		expect(found).toContain(message);
		expect(others).toEqual([]);
	});

	it('may be more requests than the server had, if that resets connections', () => {
		const id = plain?.planned.id ?? '';
		const observation = saying(id, { requests: 3 });
		const limited = expected.map((one) => ({ ...one, mayBeUnseen: true }));

		expect(judgeRun(limited, observation)).toEqual([]);
		const few = planRun({ ...scenario, limits: { maxConnections: 1 } }, [id], { retries: 3 });
		expect(expectedOf(few, new Map())).toMatchObject([{ mayBeUnseen: true }]);
	});

	it('must have an outcome for each', () => {
		const observation = saying('', {});
		const outcomes = new Map(observation.reported?.outcomes);
		outcomes.delete('ZW');

		expect(messagesOf({ ...observation, reported: { outcomes, problems: [] } })).toEqual([
			'outcome: it has no outcome',
		]);
	});
});
