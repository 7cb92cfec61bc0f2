import fc from 'fast-check';
import { parseScenario } from '../../src/scenarios/load-scenario.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { FLAGS, type ServedFiles } from '../../src/scenarios/served-files.ts';

/** Few enough that a rule that selects exactly this number of all flags meets some of them. */
export const CODES: readonly string[] = [
	'AD',
	'BR',
	'CN',
	'DE',
	'IN',
	'JP',
	'NO',
	'QA',
	'VA',
	'ZW',
];

const digest = fc.boolean();
const fraction = fc.constantFrom(0, 0.1, 0.5, 0.9, 1).map((share) => ({ fraction: share }));
const phase = fc.oneof(
	fc.constantFrom('before-headers', 'after-headers'),
	fraction,
	fc.constant({ bytes: '100B' }),
);

/** Every fault except stalls, each of which costs the client's stall timeout. */
export const fault: fc.Arbitrary<object> = fc.oneof(
	fc.record({
		type: fc.constant('status'),
		status: fc.constantFrom(400, 403, 404, 408, 410, 425, 429, 500, 501, 502, 503, 504, 521),
	}),
	fc.record({ type: fc.constantFrom('reset', 'close'), at: phase }),
	fc.record({
		type: fc.constant('truncate'),
		at: fraction,
		framing: fc.constantFrom('content-length', 'chunked', 'close-delimited'),
		digest,
	}),
	fc.record({
		type: fc.constant('malformed'),
		what: fc.constantFrom(
			'chunk',
			'status-line',
			'headers-too-large',
			'content-length-too-small',
			'content-length-too-large',
			'content-length-twice',
			'content-encoding',
			'bytes-after-end',
		),
	}),
	fc.record({ type: fc.constant('corrupt'), count: fc.integer({ min: 1, max: 9 }), digest }),
	fc.record({
		type: fc.constant('substitute'),
		with: fc.constantFrom('html-200', 'empty-200', 'no-content-204', 'other-file', 'wrong-type'),
		digest,
	}),
	fc.record({
		type: fc.constant('redirect'),
		status: fc.constantFrom(301, 302, 303, 307, 308),
		hops: fc.constantFrom(1, 2, 5, 'endless'),
	}),
	fc.constant({ type: 'keepalive-race' }),
	fc.record({
		type: fc.constant('encoded'),
		coding: fc.constantFrom('gzip', 'deflate'),
		as: fc.constantFrom('content', 'transfer'),
		broken: fc.boolean(),
	}),
	fc.record({ type: fc.constant('range'), with: fc.constantFrom('other-version', 'slice-as-200') }),
	fc.constant({ type: 'trailing' }),
	fc.constant({ type: 'continue' }),
	fc.constant({ type: 'cookie-wall' }),
);

const modifier = fc.oneof(
	fc.constant({ type: 'delay', time: '15ms' }),
	fc.constant({ type: 'delay', time: '15ms', at: { fraction: 0.5 } }),
	fc.constant({ type: 'bandwidth', rate: '200kB/s' }),
	fc.constant({ type: 'bandwidth', rate: '100kB/s', after: { fraction: 0.5 } }),
);

const rule = fc.record(
	{
		match: fc.oneof(
			fc.record({
				codes: fc
					.subarray([...CODES], { minLength: 1 })
					.map((codes) => codes.map((code) => code.toLowerCase())),
			}),
			fc.constantFrom(
				{ path: '/flags/**' },
				{ path: '/flags/?[a-n]*/**' },
				{ path: '/flags/*/*.gif' },
			),
		),
		select: fc.oneof(
			fc.record({ probability: fc.constantFrom(0.2, 0.5, 0.8, 1) }),
			fc.record({ exactly: fc.integer({ min: 40, max: 200 }) }),
		),
		attempts: fc.constantFrom('1', '1-2', '2', '2-', '*'),
		then: fc.oneof({ weight: 5, arbitrary: fault }, { weight: 1, arbitrary: modifier }),
	},
	{ requiredKeys: ['then', 'attempts', 'select'] },
);

/** @returns Valid scenarios with these rules; each rule matches a file. */
export function scenarioOf(
	rules: fc.Arbitrary<object>,
	files: ServedFiles = FLAGS,
): fc.Arbitrary<Scenario> {
	return fc
		.record({
			seed: fc.nat(1_000_000),
			latency: fc.constantFrom('0ms', '3ms', { dist: 'uniform', min: '0ms', max: '9ms' }),
			rules: fc.array(rules, { minLength: 3, maxLength: 8 }),
		})
		.map(({ rules: all, ...document }) => ({
			version: 1,
			...document,
			rules: all.map((each, index) => ({ id: `rule-${index}`, ...each })),
		}))
		.filter((document) => isValid(document, files))
		.map((document) => parseScenario(document, 'random', files));
}

export const randomScenario: fc.Arbitrary<Scenario> = scenarioOf(rule);

function isValid(document: unknown, files: ServedFiles): boolean {
	try {
		parseScenario(document, 'random', files);
		return true;
	} catch {
		return false;
	}
}
