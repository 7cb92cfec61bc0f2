import { expect, it } from 'vitest';
import { bundledScenarios, loadBundledScenario } from '../../src/scenarios/bundled.ts';
import { describeRule } from '../../src/scenarios/describe-rule.ts';
import type { Rule } from '../../src/scenarios/scenario.ts';

it('each rule of the bundled scenarios is one line of its own', () => {
	for (const name of bundledScenarios()) {
		const { rules } = loadBundledScenario(name).scenario;
		for (const rule of rules) {
			expect(describeRule(rule)).toMatch(/^[a-z][^\n]{10,118}\)$/i);
			expect(describeRule(rule)).not.toMatch(/undefined|NaN|\[object/);
		}
	}
});

it.each<[Omit<Rule, 'id'>, string]>([
	[
		{
			attempts: { from: 1, to: 2 },
			action: { type: 'status', status: 503, retryAfter: { seconds: 2, form: 'seconds' } },
		},
		'answers 503 with Retry-After: 2 seconds (all files, attempts 1 to 2)',
	],
	[
		{
			attempts: { from: 1 },
			action: { type: 'status', status: 429, retryAfter: { seconds: 1, form: 'date' } },
		},
		'answers 429 with Retry-After: the date in 1 second (all files, every attempt)',
	],
	[
		{
			select: { exactly: 5 },
			attempts: { from: 1 },
			action: { type: 'truncate', at: { fraction: 0.5 }, framing: 'chunked', digest: false },
		},
		'ends the body after 50 % of the body (chunked), without Repr-Digest (5 flags, every attempt)',
	],
	[
		{
			match: { codes: ['br', 'cn'] },
			attempts: { from: 3 },
			action: { type: 'reset', at: 'before-headers' },
		},
		'resets the connection before the headers (br, cn, from attempt 3)',
	],
])('%j', (rule, line) => {
	expect(describeRule({ id: 'one', ...rule })).toBe(line);
});
