import { describe, expect, it } from 'vitest';
import { parseThreshold } from '../../src/thresholds/parse.ts';
import { checkThreshold, type MeasurementScope } from '../../src/thresholds/threshold.ts';

const scope: MeasurementScope = {
	command: 'flagdl smoke',
	metrics: { failed: 'value', targets: 'value', latency: 'samples', speedup: 'interval' },
	runs: [
		{ strategy: 'async', scenario: 'clean', c: '8' },
		{ strategy: 'sequential', scenario: 'flaky' },
	],
};
const check = (text: string) => () => checkThreshold(parseThreshold(text), scope);

describe('a threshold that could never fail is refused', () => {
	it.each([
		[
			'wall < 1s',
			'found the metric wall, which flagdl smoke does not measure here; allowed: failed, targets',
		],
		[
			'failed{strategy: threads} == 0',
			'found the strategy "threads", which no run has; allowed: async,',
		],
		[
			'failed{client: curl} == 0',
			'found the label client, which no run has; allowed: strategy, scenario, c',
		],
		['failed{strategy: async, scenario: flaky} == 0', 'no run has all of these labels'],
		['latency < 1s', 'found latency, which has many values; allowed: latency.p(95)'],
		['latency.lo < 1s', 'found another stat of latency; allowed: p(95)'],
		['failed.max == 0', 'found another stat of failed; allowed: none'],
		['speedup.p(95) > 1', 'found another stat of speedup; allowed: lo, hi'],
	])('%s', (text, problem) => {
		expect(check(text)).toThrow(problem);
	});

	it('with the place', () => {
		expect(check('failed{scenario: flaky, strategy: threads} == 0')).toThrow(
			`\n  failed{scenario: flaky, strategy: threads} == 0\n  ${' '.repeat(34)}^`,
		);
	});
});

it.each([
	'failed == 0',
	'failed{c: 8} == 0',
	'failed{scenario: flaky, strategy: sequential} <= 3',
	'latency.p(95){strategy: async} < 1s',
	'speedup.lo > 1',
])('%s is allowed', (text) => {
	expect(check(text)).not.toThrow();
});
