import { describe, expect, it } from 'vitest';
import { checkThreshold, type MeasurementScope } from '../../src/thresholds/check.ts';
import { parseThreshold } from '../../src/thresholds/parse.ts';

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
		['wall < 1s', 'flagdl smoke does not measure wall here; it measures failed, targets, latency'],
		['failed{strategy: threads} == 0', 'no run has the strategy "threads"; allowed: async or'],
		['failed{client: curl} == 0', 'no run has the label client; allowed: strategy, scenario or c'],
		['failed{strategy: async, scenario: flaky} == 0', 'no run has all of these labels'],
		['latency < 1s', 'latency has many values; say which one: latency.p(95)'],
		['latency.lo < 1s', 'latency has many values, and takes p(95)'],
		['failed.max == 0', 'failed has one value here, and takes no stat'],
		['speedup.p(95) > 1', 'speedup is an estimate, and takes lo and hi'],
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
