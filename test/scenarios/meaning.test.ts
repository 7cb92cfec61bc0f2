import { describe, expect, it } from 'vitest';
import { parseSyntax } from '../../src/scenarios/load-scenario.ts';
import { meaningProblems } from '../../src/scenarios/meaning.ts';
import { FLAGS, type ServedFiles, UPSTREAM_FILES } from '../../src/scenarios/served-files.ts';

function problems(document: object, files?: ServedFiles): string[] {
	const scenario = parseSyntax({ version: 1, ...document }, 'test');
	return meaningProblems(scenario, files).map(({ pointer, message }) => `${pointer}: ${message}`);
}

const rules = (...all: readonly object[]) => ({
	rules: all.map((rule, index) => ({ id: `r${index}`, then: { type: 'reset' }, ...rule })),
});
const latency = (p50: string, p99: string, max?: string) => ({
	latency: { dist: 'log-normal', p50, p99, ...(max !== undefined && { max }) },
});
const encoded = (coding: string, as: string) => rules({ then: { type: 'encoded', coding, as } });

describe('a scenario that cannot be meant has each problem with its place', () => {
	it.each<[object, readonly string[]]>([
		[
			{ latency: { dist: 'uniform', min: '2ms', max: '1ms' } },
			['/latency: min is longer than max'],
		],
		[latency('0s', '0s'), ['/latency/p50: found no time; allowed: a time longer than 0']],
		[latency('2ms', '1ms'), ['/latency: p50 is longer than p99']],
		[latency('2ms', '3ms', '1ms'), ['/latency: max is shorter than p50']],
		[
			latency('2ms', '1ms', '1ms'),
			['/latency: p50 is longer than p99', '/latency: max is shorter than p50'],
		],
		[
			{ limits: { bandwidth: '0B/s', rateLimit: { requests: 1, window: '0ms' } } },
			[
				'/limits/bandwidth: found less than 1B/s; allowed: at least 1B/s',
				'/limits/rateLimit/window: found no time; allowed: a time longer than 0',
			],
		],
		[
			rules({ id: 'a' }, { id: 'b' }, { id: 'a' }, { id: 'a' }),
			[2, 3].map(
				(index) =>
					`/rules/${index}/id: "a" is already the id of /rules/0; ids are part of the dice and must differ`,
			),
		],
		[
			rules({ attempts: '3-2' }),
			[
				'/rules/0/attempts: found "3-2", which ends before it begins; allowed: a range such as "2-3"',
			],
		],
		[
			rules({}, { match: { path: '/x' } }),
			[
				'/rules/1/match: matches no file of the server, which are /flags/{cc}/{cc}.gif and /flags/{cc}/metadata.json',
			],
		],
		[
			rules({ match: { codes: ['br', 'jp', 'xx'] }, select: { exactly: 9 } }),
			['/rules/0/match/codes/2: found "xx"; allowed: a country of ISO 3166-1; did you mean ax?'],
		],
		[
			rules({ match: { codes: ['br', 'jp'] }, select: { exactly: 3 } }),
			['/rules/0/select/exactly: asks for 3 files, and only 2 match the rule'],
		],
		[
			rules(
				{ then: { type: 'delay', time: { dist: 'uniform', min: '2ms', max: '1ms' } } },
				{ then: { type: 'bandwidth', rate: '0B/s' } },
			),
			[
				'/rules/0/then/time: min is longer than max',
				'/rules/1/then/rate: found less than 1B/s; allowed: at least 1B/s',
			],
		],
		[
			encoded('br', 'transfer'),
			[
				'/rules/0/then/coding: found br, which is no transfer coding (RFC 9112, section 7); allowed: gzip, deflate',
			],
		],
		[
			{ expect: { codes: ['br', 'qq'] } },
			[expect.stringMatching(/^\/expect\/codes\/1: found "qq"/)],
		],
	])('%j', (document, expected) => {
		expect(problems(document)).toEqual(expected);
	});

	it.each<[object]>([
		[{ latency: { dist: 'uniform', min: '1ms', max: '1ms' } }],
		[{ latency: '0ms' }],
		[latency('1ms', '1ms', '1ms')],
		[{ limits: { bandwidth: '1B/s', rateLimit: { requests: 1, window: '1ms' } } }],
		[rules({ attempts: '2-2' }, { attempts: '2' }, { attempts: '3-' })],
		[rules({ match: { codes: ['br', 'jp'] }, select: { exactly: 2 } })],
		[rules({ match: { path: '/flags/br/metadata.json' }, select: { probability: 1 } })],
		[encoded('br', 'content')],
		[encoded('gzip', 'transfer')],
		[rules({ then: { type: 'bandwidth', rate: '1B/s' } })],
		[{ expect: { codes: ['br'] } }],
	])('%j can be meant', (document) => {
		expect(problems(document)).toEqual([]);
	});
});

describe('a scenario for the answers of a service', () => {
	it.each<[object, readonly string[]]>([
		[
			{ match: { codes: ['br'] } },
			['/rules/0/match/codes: chooses flags, and --upstream has none; give match.path'],
		],
		[
			{ select: { exactly: 5 } },
			[
				'/rules/0/select/exactly: chooses from a list of files, and --upstream has none; give probability',
			],
		],
		[
			{ then: { type: 'continue' } },
			[
				'/rules/0/then/type: found "continue", which --upstream cannot do; allowed: delay, bandwidth, status, reset, close, stall, truncate, corrupt',
			],
		],
		[
			{ then: { type: 'reset', at: { fraction: 0.5 } } },
			[
				'/rules/0/then/at: is a fraction of a body whose length --upstream need not know; give { "bytes": "100B" }',
			],
		],
		[
			{ then: { type: 'bandwidth', rate: '0B/s', after: { fraction: 0.5 } } },
			[
				expect.stringMatching(/^\/rules\/0\/then\/after: is a fraction of a body/),
				'/rules/0/then/rate: found less than 1B/s; allowed: at least 1B/s',
			],
		],
		[
			{ attempts: '3-2', match: { path: '/any' }, then: { type: 'status', status: 500 } },
			[expect.stringMatching(/^\/rules\/0\/attempts: found "3-2"/)],
		],
	])('cannot have the rule %j', (rule, expected) => {
		expect(problems(rules(rule), UPSTREAM_FILES)).toEqual(expected);
	});

	it.each<[object]>([
		[{ match: { path: '/no/flag' }, select: { probability: 0.5 } }],
		[{ then: { type: 'delay', time: '1ms' } }],
		[{ then: { type: 'bandwidth', rate: '1B/s', after: { bytes: '1B' } } }],
		[{ then: { type: 'bandwidth', rate: '1B/s' } }],
		[{ then: { type: 'status', status: 500 } }],
		[{ then: { type: 'close', at: 'after-headers' } }],
		[{ then: { type: 'stall', at: { bytes: '1B' } } }],
		[{ then: { type: 'truncate', at: { bytes: '1B' } } }],
		[{ then: { type: 'corrupt' } }],
	])('may have the rule %j', (rule) => {
		expect(problems(rules(rule), UPSTREAM_FILES)).toEqual([]);
	});

	it('is one only where the server says so', () => {
		const fraction = rules({ then: { type: 'reset', at: { fraction: 0.5 } } });

		expect(problems(fraction, { ...FLAGS, areOthers: false })).toEqual([]);
		expect(problems(fraction, { ...FLAGS, areOthers: true })).toHaveLength(1);
	});
});
