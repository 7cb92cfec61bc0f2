import { describe, expect, it } from 'vitest';
import {
	parseScenario,
	parseScenarioText,
	ScenarioError,
} from '../../src/scenarios/load-scenario.ts';

const rule = (more: object) => ({
	version: 1,
	rules: [{ id: 'a', then: { type: 'reset' }, ...more }],
});

describe('what is wrong is named with its place, what was found, what is allowed', () => {
	it.each([
		['a document that is a list', [], '', /found \[\]; allowed: an object/],
		['a missing version', {}, '', /"version" is missing/],
		['another version', { version: 2 }, '/version', /found 2; allowed: 1/],
		['an unknown key', { version: 1, rulez: [] }, '/rulez', /did you mean rules\?/],
		['a key with a slash', { version: 1, 'a/b~c': 1 }, '/a~1b~0c', /unknown key/],
		['an inherited key', JSON.parse('{"version":1,"__proto__":1}'), '/__proto__', /unknown key/],
		[
			'a number that is neither whole nor allowed',
			{ version: 1, seed: -0.5 },
			'/seed',
			/found -0\.5/,
		],
		['a number without unit', { version: 1, latency: 50 }, '/latency', /"250ms", "10s" or "2m"/],
		['a unit that is none', { version: 1, latency: '1h' }, '/latency', /found "1h"/],
		['a negative duration', { version: 1, latency: '-1s' }, '/latency', /found "-1s"/],
		['an unknown type', rule({ then: { type: 'rest' } }), '/rules/0/then/type', /mean reset\?/],
		[
			'no type',
			rule({ then: {} }),
			'/rules/0/then',
			/: found no key "type"; allowed: delay, [^;]*$/,
		],
		[
			'a type as a key',
			rule({ then: { status: 503 } }),
			'/rules/0/then',
			/: found no key "type"; allowed: .*; did you mean "type": "status"\?$/,
		],
		[
			'a status that is no error',
			rule({ then: { type: 'status', status: 200 } }),
			'/rules/0/then/status',
			/from 400 to 599/,
		],
		['attempts from 0', rule({ attempts: '0' }), '/rules/0/attempts', /counted from 1/],
		['attempts backwards', rule({ attempts: '3-2' }), '/rules/0/attempts', /ends before/],
		[
			'a probability over 1',
			rule({ select: { probability: 25 } }),
			'/rules/0/select/probability',
			/from 0 to 1/,
		],
		[
			'more flags than there are',
			rule({ select: { exactly: 250 } }),
			'/rules/0/select/exactly',
			/only 249/,
		],
		[
			'more flags than match',
			rule({ match: { codes: ['br'] }, select: { exactly: 2 } }),
			'/rules/0/select/exactly',
			/only 1/,
		],
		['a rule that nothing meets', rule({ match: { path: '/x/*' } }), '/rules/0/match', /no file/],
		['a country that is none', rule({ match: { codes: ['xx'] } }), '/rules/0/match/codes/0', /xx/],
		['a code in upper case', rule({ match: { codes: ['BR'] } }), '/rules/0/match/codes/0', /BR/],
		[
			'an id twice',
			{ version: 1, rules: [rule({}).rules[0], rule({}).rules[0]] },
			'/rules/1/id',
			/\/rules\/0/,
		],
		[
			'min over max',
			{ version: 1, latency: { dist: 'uniform', min: '2s', max: '1s' } },
			'/latency',
			/min is longer/,
		],
		[
			'p50 over p99',
			{ version: 1, latency: { dist: 'log-normal', p50: '2s', p99: '1s' } },
			'/latency',
			/p50 is longer/,
		],
		[
			'an empty window',
			{ version: 1, limits: { rateLimit: { requests: 1, window: '0s' } } },
			'/limits/rateLimit/window',
			/longer than 0/,
		],
		['a bandwidth of 0', { version: 1, limits: { bandwidth: '0B/s' } }, '/limits/bandwidth', /1B/],
	])('%s', (_name, document, pointer, message) => {
		const error = errorOf(() => parseScenario(document));

		expect(error.problems.map((problem) => problem.pointer)).toEqual([pointer]);
		expect(error.message).toMatch(message);
		expect(error.message.startsWith(pointer === '' ? 'the document' : pointer)).toBe(true);
	});

	it('a text that is not JSON', () => {
		expect(errorOf(() => parseScenarioText('{')).message).toMatch(
			/^the document: found no JSON \(.+\); allowed: an object, as in { … }$/,
		);
	});

	it('all that is wrong, at once', () => {
		const error = errorOf(() =>
			parseScenario({
				version: 2,
				latencey: '1s',
				sead: 1,
				limits: { bandwidth: '0' },
				rules: [{ id: 'A', then: { type: 'status', status: 200 } }, { then: { type: 'rest' } }],
			}),
		);

		expect(error.problems.map(({ pointer }) => pointer)).toEqual([
			'/version',
			'/limits/bandwidth',
			'/rules/0/id',
			'/rules/0/then/status',
			'/rules/1',
			'/rules/1/then/type',
			'/latencey',
			'/sead',
		]);
		expect(error.message.split('\n')).toHaveLength(8);
	});

	it('what is nearest in a shape that has several forms', () => {
		const message = (document: object) => errorOf(() => parseScenario(document)).message;

		expect(message({ version: 1, latency: { dist: 'uniform', min: 5, max: '1s' } })).toMatch(
			/^\/latency\/min: found 5; allowed: a duration/,
		);
		expect(message({ version: 1, latency: { dist: 'unifrm' } })).toMatch(/mean uniform\?/);
		expect(message(rule({ select: { probabilty: 0.5 } }))).toMatch(/^\/rules\/0\/select/);
		expect(message(rule({ then: { type: 'reset', at: { bytes: 5 } } }))).toMatch(
			/^\/rules\/0\/then\/at\/bytes: found 5; allowed: a size/,
		);
		expect(message(rule({ then: { type: 'redirect', hops: 'endles' } }))).toMatch(
			/hops: found "endles"; allowed: a whole number from 1 to 10, or "endless"/,
		);
	});

	it('does not repeat a large value in full', () => {
		const error = errorOf(() => parseScenario({ version: 1, latency: 'x'.repeat(1e6) }));
		expect(error.message.length).toBeLessThan(200);
	});
});

it('resolves units and defaults', () => {
	const scenario = parseScenario({
		version: 1,
		latency: '0.5s',
		limits: {
			bandwidth: '2KiB/s',
			rateLimit: { requests: 5, window: '2m', retryAfter: '3s' },
			maxInFlight: 4,
		},
		rules: [
			{ id: 'a', attempts: '2-', then: { type: 'truncate', at: { bytes: '1kB' } } },
			{ id: 'b', attempts: '3', then: { type: 'redirect' } },
			{ id: 'c', attempts: '1-2', then: { type: 'redirect', hops: 'endless', status: 308 } },
			{ id: 'd', attempts: '*', then: { type: 'stall' } },
		],
		expect: { not_found: 3 },
	});

	expect(scenario).toEqual({
		name: 'unnamed',
		description: '',
		seed: 1,
		latency: { dist: 'constant', ms: 500 },
		limits: {
			bytesPerSecond: 2048,
			rate: { requests: 5, windowMs: 120_000, retryAfterSeconds: 3 },
			maxInFlight: 4,
		},
		rules: [
			{
				id: 'a',
				attempts: { from: 2 },
				action: { type: 'truncate', at: { bytes: 1000 }, framing: 'content-length', digest: true },
			},
			{
				id: 'b',
				attempts: { from: 3, to: 3 },
				action: { type: 'redirect', status: 302, hops: 1 },
			},
			{ id: 'c', attempts: { from: 1, to: 2 }, action: { type: 'redirect', status: 308 } },
			{ id: 'd', attempts: { from: 1 }, action: { type: 'stall', at: 'before-headers' } },
		],
		expect: { notFound: 3 },
	});
	expect(structuredClone(scenario)).toEqual(scenario);
});

function errorOf(parse: () => unknown): ScenarioError {
	try {
		parse();
	} catch (error) {
		if (error instanceof ScenarioError) {
			return error;
		}
		throw error;
	}
	throw new Error('nothing was thrown');
}
