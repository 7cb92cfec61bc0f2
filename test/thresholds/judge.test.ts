import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/thresholds/judge.ts';
import type { Measure, MeasuredRun, MetricName } from '../../src/thresholds/metrics.ts';
import { parseThreshold } from '../../src/thresholds/parse.ts';

type Measures = Partial<Record<MetricName, Measure>>;

const value = (number: number): Measure => ({ kind: 'value', value: number });
const samples = (...values: number[]): Measure => ({ kind: 'samples', values });
const interval = (lower: number, estimate: number, upper: number): Measure => ({
	kind: 'interval',
	value: estimate,
	lower,
	upper,
});
const run = (measures: Measures, more: Partial<MeasuredRun> = {}): MeasuredRun => ({
	labels: { strategy: 'async' },
	measures,
	...more,
});
const verdictOn = (text: string, measures: Measures, more: Partial<MeasuredRun> = {}) =>
	judge(parseThreshold(text), [run(measures, more)]).verdict;
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

describe('a threshold on what was counted', () => {
	it('passes or fails', () => {
		expect(verdictOn('failed == 0', { failed: value(0) })).toBe('pass');
		expect(verdictOn('failed == 0', { failed: value(1) })).toBe('fail');
	});

	it('is never in doubt, and says of one number what the operator says', () => {
		fc.assert(
			fc.property(fc.nat(9), fc.nat(9), (found, limit) => {
				const all = ['<', '<=', '>', '>=', '==', '!='].map((operator) =>
					verdictOn(`failed ${operator} ${limit}`, { failed: value(found) }),
				);
				const holds = [
					...[found < limit, found <= limit, found > limit, found >= limit],
					...[found === limit, found !== limit],
				];
				expect(all).toEqual(holds.map((held) => (held ? 'pass' : 'fail')));
			}),
		);
	});
});

describe('a threshold on an estimate', () => {
	it.each([
		['speedup >= 5x', interval(5, 6, 7), 'pass'],
		['speedup >= 5x', interval(4.9, 6, 7), 'inconclusive'],
		['speedup >= 5x', interval(3, 4, 4.9), 'fail'],
		['speedup.lo >= 5x', interval(4.9, 6, 7), 'fail'],
		['speedup.hi >= 5x', interval(3, 4, 5), 'pass'],
		['speedup != 5x', interval(4, 4.5, 6), 'inconclusive'],
		['speedup >= 5x', { kind: 'interval', value: 9 } as const, 'inconclusive'],
	])('%s of %j', (text, speedup, verdict) => {
		expect(verdictOn(text, { speedup })).toBe(verdict);
	});

	it('never passes where the end of the interval would fail', () => {
		fc.assert(
			fc.property(fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)), fc.nat(99), (ends, limit) => {
				const [lower, estimate, upper] = ends.sort((a, b) => a - b);
				const speedup = interval(lower, estimate, upper);

				const verdict = verdictOn(`speedup > ${limit}`, { speedup });

				if (verdict === 'pass') {
					expect(lower).toBeGreaterThan(limit);
				}
				if (verdict === 'fail') {
					expect(upper).toBeLessThanOrEqual(limit);
				}
				if (lower === upper) {
					expect(verdict).not.toBe('inconclusive');
				}
			}),
		);
	});
});

describe('a threshold on observations', () => {
	it.each([
		['latency.p(95) < 250ms', samples(...upTo(40)), 'pass'],
		['latency.p(95) < 40ms', samples(...upTo(40)), 'inconclusive'],
		['latency.p(95) < 30ms', samples(...upTo(40)), 'fail'],
		['latency.max <= 40ms', samples(...upTo(40)), 'pass'],
		['latency.min > 1ms', samples(...upTo(40)), 'fail'],
		['latency.median < 1s', samples(1, 2, 3), 'inconclusive'],
		['latency.mean < 30ms', samples(...upTo(40)), 'pass'],
		['latency.mean < 21ms', samples(...upTo(40)), 'inconclusive'],
		['latency.max < 1s', samples(), 'inconclusive'],
	])('%s of %j', (text, latency, verdict) => {
		expect(verdictOn(text, { latency })).toBe(verdict);
	});

	it('says why there is no verdict', () => {
		const latency = samples(1, 2, 3);

		const { runs } = judge(parseThreshold('latency.median < 1s'), [run({ latency })]);

		expect(runs[0]).toMatchObject({
			found: '3 samples',
			reason: 'too few samples, at least 6 are needed',
		});
	});
});

describe('where the server was the bottleneck', () => {
	const serverBound = { serverBound: true };

	it('times tell nothing', () => {
		expect(verdictOn('wall < 1s', { wall: value(5000) }, serverBound)).toBe('inconclusive');
		expect(verdictOn('speedup > 1x', { speedup: interval(3, 4, 5) }, serverBound)).toBe(
			'inconclusive',
		);
	});

	it('counts do', () => {
		expect(verdictOn('failed == 0', { failed: value(0) }, serverBound)).toBe('pass');
		expect(verdictOn('plan.diff == 0', { 'plan.diff': value(2) }, serverBound)).toBe('fail');
	});
});

describe('over several runs', () => {
	const runs = [
		{ labels: { strategy: 'async' }, measures: { failed: value(0) } },
		{ labels: { strategy: 'threads' }, measures: { failed: value(2) } },
	];

	it('the worst one decides', () => {
		expect(judge(parseThreshold('failed == 0'), runs).verdict).toBe('fail');
	});

	it('a selector chooses', () => {
		expect(judge(parseThreshold('failed{strategy: async} == 0'), runs).verdict).toBe('pass');
	});

	it('one that never came about is not passed', () => {
		expect(judge(parseThreshold('failed == 0'), []).verdict).toBe('inconclusive');
		expect(verdictOn('failed == 0', {})).toBe('inconclusive');
	});
});
