import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecide } from '../../src/scenarios/decide.ts';
import { parseScenario } from '../../src/scenarios/load-scenario.ts';
import {
	FLAGS,
	flagCodes,
	flagPath,
	metadataPath,
	UPSTREAM_FILES,
} from '../../src/scenarios/served-files.ts';
import { bundledDocuments } from './documents.ts';

const RESET = { type: 'reset' };
const flags = flagCodes().map(flagPath);

function decideBy(rules: readonly object[], more: object = {}) {
	return createDecide(parseScenario({ version: 1, rules, ...more }));
}

function claims(decide: ReturnType<typeof decideBy>, attempt = 1): string[] {
	return flags.filter((path) => decide(path, attempt).claim !== undefined);
}

describe('select', () => {
	it.each([1, 17, 249])('exactly %d takes that many flags, whatever the seed', (exactly) => {
		for (const seed of [1, 2, 3]) {
			const decide = decideBy([{ id: 'a', select: { exactly }, then: RESET }], { seed });
			expect(claims(decide)).toHaveLength(exactly);
			expect(claims(decide, 2)).toEqual(claims(decide));
		}
	});

	it('exactly takes images only, and of those that match', () => {
		const decide = decideBy([
			{ id: 'a', match: { path: '/flags/b?/**' }, select: { exactly: 5 }, then: RESET },
		]);

		expect(claims(decide).every((path) => /^\/flags\/b\w\/b\w\.gif$/.test(path))).toBe(true);
		expect(decide(metadataPath('br'), 1).claim).toBeUndefined();
	});

	it('by probability draws for each attempt, of metadata too', () => {
		const decide = decideBy([{ id: 'a', select: { probability: 0.25 }, then: RESET }]);
		const first = FLAGS.paths.filter((path) => decide(path, 1).claim !== undefined);
		const second = FLAGS.paths.filter((path) => decide(path, 2).claim !== undefined);

		expect(first.length / 498).toBeCloseTo(0.25, 1);
		expect(second.length / 498).toBeCloseTo(0.25, 1);
		expect(second).not.toEqual(first);
		expect(first.some((path) => path.endsWith('.json'))).toBe(true);
	});

	it.each([
		[0, 0],
		[1, 249],
	])('by probability %d takes %d', (probability, expected) => {
		const decide = decideBy([{ id: 'a', select: { probability }, then: RESET }]);
		expect(claims(decide)).toHaveLength(expected);
	});
});

it.each([
	['1', [1]],
	['1-2', [1, 2]],
	['3-', [3, 4, 5, 40]],
	['*', [1, 2, 3, 4, 5, 40]],
])('attempts "%s"', (attempts, claimed) => {
	const decide = decideBy([{ id: 'a', attempts, then: RESET }]);
	const found = [1, 2, 3, 4, 5, 40].filter((attempt) => decide('/flags/br/br.gif', attempt).claim);
	expect(found).toEqual(claimed);
});

it('lets the first rule in file order claim, and adds all delays up', () => {
	const decide = decideBy(
		[
			{ id: 'slow', then: { type: 'delay', time: '100ms' } },
			{ id: 'first', match: { codes: ['br'] }, then: RESET },
			{ id: 'second', then: { type: 'close' } },
			{ id: 'slower', then: { type: 'delay', time: '20ms' } },
			{ id: 'pause', then: { type: 'delay', time: '5ms', at: { fraction: 0.5 } } },
			{ id: 'thin', then: { type: 'bandwidth', rate: '10KiB/s' } },
			{ id: 'wide', then: { type: 'bandwidth', rate: '1MiB/s' } },
		],
		{ latency: '3ms', limits: { bandwidth: '20KiB/s' } },
	);

	expect(decide('/flags/br/br.gif', 1)).toEqual({
		latencyMs: 123,
		pauses: [{ at: { fraction: 0.5 }, ms: 5 }],
		bytesPerSecond: 10_240,
		claim: { rule: 'first', fault: { type: 'reset', at: 'before-headers' } },
	});
	expect(decide('/flags/jp/jp.gif', 1).claim?.rule).toBe('second');
});

it('has the least of all speeds, and each delay and trickle of the body in file order', () => {
	const later = (fraction: number) => ({ fraction });
	const decide = decideBy(
		[
			{ id: 'wide', then: { type: 'bandwidth', rate: '1MiB/s' } },
			{ id: 'one', then: { type: 'bandwidth', rate: '3B/s', after: later(0.9) } },
			{ id: 'two', then: { type: 'bandwidth', rate: '2B/s', after: { bytes: '5B' } } },
			{ id: 'first', then: { type: 'delay', time: '7ms', at: 'after-headers' } },
			{ id: 'then', then: { type: 'delay', time: '5ms', at: later(0.5) } },
		],
		{ limits: { bandwidth: '20B/s' } },
	);

	expect(decide('/flags/br/br.gif', 1)).toStrictEqual({
		latencyMs: 0,
		pauses: [
			{ at: 'after-headers', ms: 7 },
			{ at: later(0.5), ms: 5 },
		],
		bytesPerSecond: 20,
		trickles: [
			{ after: later(0.9), bytesPerSecond: 3 },
			{ after: { bytes: 5 }, bytesPerSecond: 2 },
		],
	});
	expect(decideBy([])('/flags/br/br.gif', 1)).toStrictEqual({ latencyMs: 0, pauses: [] });
});

it('draws the latency and each delay by dice of their own, and sums hundredths of milliseconds', () => {
	const time = { dist: 'uniform', min: '0ms', max: '100ms' };
	const [a, b] = ['a', 'b'].map((id) => ({ id, then: { type: 'delay', time } }));
	const msOf = (rules: readonly object[], more: object = {}, attempt = 1) =>
		decideBy(rules, more)('/flags/br/br.gif', attempt).latencyMs;
	const alone = [msOf([a ?? {}]), msOf([b ?? {}]), msOf([], { latency: time })];

	expect(new Set(alone).size).toBe(3);
	expect(msOf([a ?? {}], {}, 2)).not.toBe(alone[0]);
	const sum = msOf([a ?? {}, b ?? {}], { latency: time });
	expect(sum).toBeCloseTo(alone.reduce((total, ms) => total + ms, 0));
	expect(sum).toBe(Number(sum.toFixed(2)));
});

describe('of a service', () => {
	const document = {
		version: 1,
		latency: { dist: 'uniform', min: '0ms', max: '100ms' },
		rules: [
			{ id: 'a', match: { path: '/a/**' }, select: { probability: 0.5 }, then: RESET },
			{ id: 'b', match: { path: '/b' }, then: { type: 'close' } },
		],
	};
	const scenario = parseScenario(document, 'service', UPSTREAM_FILES);
	const decide = createDecide(scenario, UPSTREAM_FILES);

	it('rules are for any path, and dice are rolled for what is asked for', () => {
		const drawn = Array.from({ length: 200 }, (_, index) => `/a/x?${index}`);
		const claimed = drawn.filter((query) => decide('/a/x', 1, query).claim?.rule === 'a');

		expect(claimed.length).toBeGreaterThan(50);
		expect(claimed.length).toBeLessThan(150);
		expect(new Set(drawn.map((query) => decide('/a/x', 1, query).latencyMs)).size).toBeGreaterThan(
			150,
		);
		expect(decide('/b', 1, '/a/x').claim?.rule).toBe('b');
		expect(decide('/c', 1, '/a/x').claim).toBeUndefined();
	});

	it('dice are rolled for the path where nothing else is asked for', () => {
		for (const attempt of [1, 2, 3, 4]) {
			expect(decide('/a/x', attempt)).toEqual(decide('/a/x', attempt, '/a/x'));
		}
	});
});

it('does not depend on the order of the questions', () => {
	const scenario = parseScenario(bundledDocuments().get('hostile'));
	const questions = FLAGS.paths.flatMap((path) =>
		[1, 2, 3, 4, 20].map((attempt) => [path, attempt] as const),
	);
	const expected = answers(questions);

	fc.assert(
		fc.property(fc.shuffledSubarray(questions, { minLength: 100, maxLength: 200 }), (some) => {
			const asked = answers(some);
			for (const [question, answer] of asked) {
				expect(answer).toEqual(expected.get(question));
			}
		}),
		{ numRuns: 20 },
	);

	function answers(asked: readonly (readonly [string, number])[]) {
		const decide = createDecide(scenario);
		return new Map(asked.map((question) => [question.join(' '), decide(...question)]));
	}
});

it('rolls no other dice anew when a rule is added', () => {
	const old = { id: 'old', select: { probability: 0.5 }, then: RESET };
	const added = { id: 'new', select: { probability: 0.5 }, then: { type: 'close' } };
	const before = claims(decideBy([old]));
	const decide = decideBy([old, added]);

	expect(flags.filter((path) => decide(path, 1).claim?.rule === 'old')).toEqual(before);
});
