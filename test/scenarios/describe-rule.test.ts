import { expect, it } from 'vitest';
import { bundledScenarios, loadBundledScenario } from '../../src/scenarios/bundled.ts';
import { describeRule } from '../../src/scenarios/describe-rule.ts';
import type { Action, Latency, Rule } from '../../src/scenarios/scenario.ts';

const constant: Latency = { dist: 'constant', ms: 250 };
const uniform: Latency = { dist: 'uniform', minMs: 10, maxMs: 2000 };
const logNormal: Latency = { dist: 'log-normal', p50Ms: 40, p99Ms: 250 };

it('each rule of the bundled scenarios is one line of its own', () => {
	for (const name of bundledScenarios()) {
		const { rules } = loadBundledScenario(name).scenario;
		for (const rule of rules) {
			expect(describeRule(rule)).toMatch(/^[a-z][^\n]{10,118}\)$/i);
			expect(describeRule(rule)).not.toMatch(/undefined|NaN|\[object/);
		}
	}
});

it.each<[Action, string]>([
	[{ type: 'delay', time: constant, at: 'before-headers' }, 'waits 0.25 s before the headers'],
	[{ type: 'delay', time: uniform, at: 'after-headers' }, 'waits 10 ms to 2.0 s after the headers'],
	[
		{ type: 'delay', time: logNormal, at: { bytes: 100 } },
		'waits 40 ms (median), 0.25 s (99 %) after 100 B',
	],
	[{ type: 'bandwidth', bytesPerSecond: 512 }, 'sends 512 bytes a second'],
	[{ type: 'bandwidth', bytesPerSecond: 1 }, 'sends 1 byte a second'],
	[
		{ type: 'bandwidth', bytesPerSecond: 64, after: { fraction: 0.9 } },
		'sends 64 bytes a second after 90 % of the body',
	],
	[{ type: 'status', status: 404 }, 'answers 404'],
	[
		{ type: 'status', status: 503, retryAfter: { seconds: 2, form: 'seconds' } },
		'answers 503 with Retry-After: 2 seconds',
	],
	[
		{ type: 'status', status: 429, retryAfter: { seconds: 1, form: 'date' } },
		'answers 429 with Retry-After: the date in 1 second',
	],
	[{ type: 'reset', at: 'before-headers' }, 'resets the connection before the headers'],
	[{ type: 'close', at: 'after-headers' }, 'closes the connection after the headers'],
	[{ type: 'stall', at: { fraction: 0.5 } }, 'falls silent after 50 % of the body'],
	[
		{ type: 'truncate', at: { fraction: 0.5 }, framing: 'chunked', digest: false },
		'ends the body after 50 % of the body (chunked), without Repr-Digest',
	],
	[
		{ type: 'truncate', at: { bytes: 7 }, framing: 'content-length', digest: true },
		'ends the body after 7 B (content-length)',
	],
	[{ type: 'malformed', what: 'chunk' }, 'sends an invalid chunk'],
	[{ type: 'malformed', what: 'status-line' }, 'sends an invalid status line'],
	[{ type: 'malformed', what: 'headers-too-large' }, 'sends a header of 512 KiB'],
	[{ type: 'malformed', what: 'content-length-too-small' }, 'announces less than it sends'],
	[{ type: 'malformed', what: 'content-length-too-large' }, 'announces more than it sends'],
	[{ type: 'malformed', what: 'content-length-twice' }, 'announces two lengths'],
	[{ type: 'malformed', what: 'content-encoding' }, 'says gzip and sends something else'],
	[{ type: 'malformed', what: 'bytes-after-end' }, 'sends more after the end of the content'],
	[{ type: 'corrupt', count: 1, digest: true }, 'changes 1 byte'],
	[{ type: 'corrupt', count: 3, digest: false }, 'changes 3 bytes, without Repr-Digest'],
	[
		{ type: 'substitute', with: 'html-200', digest: false },
		'answers 200 with a page of HTML, without Repr-Digest',
	],
	[{ type: 'substitute', with: 'empty-200', digest: true }, 'answers 200 without content'],
	[{ type: 'substitute', with: 'no-content-204', digest: true }, 'answers 204'],
	[{ type: 'substitute', with: 'other-file', digest: true }, 'sends the file of another country'],
	[{ type: 'substitute', with: 'wrong-type', digest: true }, 'calls an image HTML'],
	[{ type: 'redirect', status: 302, hops: 1 }, 'redirects 1 time (302)'],
	[{ type: 'redirect', status: 308 }, 'redirects in a circle (308)'],
	[
		{ type: 'keepalive-race' },
		'closes a connection that was used before when the next request comes',
	],
	[
		{ type: 'encoded', coding: 'br', as: 'content', broken: false },
		'stores it as br (Content-Encoding)',
	],
	[
		{ type: 'encoded', coding: 'gzip', as: 'transfer', broken: true },
		'sends half of it as gzip (Transfer-Encoding)',
	],
	[{ type: 'range', with: 'other-version' }, 'answers a range with that of another version'],
	[{ type: 'range', with: 'slice-as-200' }, 'answers a range with 200 and no Content-Range'],
	[{ type: 'trailing', bytes: 512 }, 'has 512 bytes of zeros after the file'],
	[{ type: 'restart', downMs: 2000 }, 'restarts, and is down for 2.0 s'],
	[{ type: 'continue' }, 'sends 100 Continue first, unasked'],
	[{ type: 'cookie-wall' }, 'redirects to itself until its cookie comes back'],
])('%j: %s', (action, line) => {
	expect(describeRule({ id: 'a', attempts: { from: 1 }, action })).toBe(
		`${line} (all files, every attempt)`,
	);
});

it.each<[Pick<Rule, 'match' | 'select' | 'attempts'>, string]>([
	[{ attempts: { from: 1, to: 2 } }, 'all files, attempts 1 to 2'],
	[{ attempts: { from: 2, to: 2 } }, 'all files, attempt 2'],
	[
		{ match: { codes: ['br', 'cn'], path: '/flags/**' }, attempts: { from: 3 } },
		'br, cn, from attempt 3',
	],
	[{ match: { path: '/flags/b*' }, attempts: { from: 1 } }, '/flags/b*, every attempt'],
	[{ select: { exactly: 5 }, attempts: { from: 1 } }, '5 files, every attempt'],
	[
		{ match: { codes: ['br'] }, select: { exactly: 1 }, attempts: { from: 1 } },
		'1 file of br, every attempt',
	],
	[
		{ select: { probability: 0.125 }, attempts: { from: 1 } },
		'12.5 % of the attempts on all files, every attempt',
	],
])('%j meets %s', (rule, line) => {
	const action = { type: 'reset', at: 'before-headers' } as const;

	expect(describeRule({ id: 'a', ...rule, action })).toBe(
		`resets the connection before the headers (${line})`,
	);
});
