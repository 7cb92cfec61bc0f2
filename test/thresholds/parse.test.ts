import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf, METRIC_NAMES, type MetricName, UNITS } from '../../src/thresholds/metrics.ts';
import { parseThreshold } from '../../src/thresholds/parse.ts';
import { type Stat, ThresholdError } from '../../src/thresholds/threshold.ts';

describe('thresholds are read', () => {
	it.each([
		['failed == 0', { metric: 'failed', operator: '==', limit: 0 }],
		['plan.diff==0', { metric: 'plan.diff', operator: '==', limit: 0 }],
		[
			'latency.p(95) < 250ms',
			{ metric: 'latency', stat: { of: 'percentile', percent: 95 }, limit: 250 },
		],
		[
			'latency.p(99.9)<1.5s',
			{ metric: 'latency', stat: { of: 'percentile', percent: 99.9 }, limit: 1500 },
		],
		[
			'speedup.lo{strategy: async} >= 5x',
			{ metric: 'speedup', stat: { of: 'lo' }, selector: { strategy: 'async' }, operator: '>=' },
		],
		[
			'speedup.hi{strategy: "a b", c: 32} >= 5x',
			{ stat: { of: 'hi' }, selector: { strategy: 'a b', c: '32' }, limit: 5 },
		],
		['efficiency >= 80%', { limit: 0.8 }],
		['rss < 200 MiB', { limit: 200 * 1024 ** 2 }],
		['throughput > 1.5 MB/s', { limit: 1.5e6 }],
		['wall < 2m', { limit: 120_000 }],
	])('%s', (text, parts) => {
		const threshold = parseThreshold(text);

		expect({ ...threshold, limit: rounded(threshold.limit) }).toMatchObject(parts);
		expect(threshold.text).toBe(text);
	});

	it('means the same whatever the white space', () => {
		fc.assert(
			fc.property(aMetric, aSelector, aStat, anOperator, fc.nat(999), blank, (...parts) => {
				const [metric, selector, stat, operator, number, space] = parts;
				const unit = Object.keys(UNITS[kindOf(metric)])[0] ?? '';
				const rest = `${space}${operator}${space}${number}${space}${unit}${space}`;
				const stats = stat === undefined ? '' : `.${stat.text}`;

				const one = parseThreshold(`${metric}${stats}${selector.text}${rest.trim()}`);
				const other = parseThreshold(`${metric}${space}${stats}${space}${selector.text}${rest}`);

				for (const { metric: name, ...threshold } of [one, other]) {
					expect(name).toBe(metric);
					expect(threshold.selector).toEqual(selector.labels);
					expect(threshold.stat).toEqual(stat?.stat);
					expect(threshold.operator).toBe(operator);
				}
				expect(one.limit).toEqual(other.limit);
			}),
		);
	});
});

describe('a threshold that is none', () => {
	it.each([
		['', 0, 'found the end; allowed: a metric'],
		['failed = 0', 7, 'found "="; allowed: one of < <= > >= == !='],
		['failed == ', 10, 'allowed: a plain number such as 0'],
		['failed == 0 ms', 11, 'found the unit "ms" on a limit of failed'],
		['failed == 0, really', 11, 'found ","; allowed: the end'],
		['faild == 0', 0, '"faild" is not a metric; did you mean failed?'],
		['latncy.p(95) < 1s', 0, '"latncy.p" is not a metric; did you mean latency?'],
		['plan.dif == 0', 0, '"plan.dif" is not a metric; did you mean plan.diff?'],
		['colour == 0', 0, 'found no metric "colour"; allowed: targets, ok,'],
		['latency.p(95 < 250ms', 13, 'found "<"; allowed: ")"'],
		['latency.p(100) < 250ms', 10, 'found 100; allowed: a percentage between 0 and 100'],
		['latency.avg < 250ms', 8, 'found "avg"; allowed: p(95), median, mean, min, max, lo or hi'],
		[
			'latency.p(95) < 250',
			19,
			'found no unit on a limit of latency; allowed: a number with ms, s',
		],
		['latency.p(95) < 250KiB', 19, 'found the unit "KiB"'],
		['speedup{strategy async} > 1', 17, 'found "async"; allowed: ":"'],
		['speedup{strategy: async > 1', 24, 'found ">"; allowed: "," or "}"'],
		['speedup{c: 1, c: 2} > 1', 14, 'the label c is there twice'],
		['requests <= 2 × targets', 14, 'found "×"; allowed: the end'],
		['requests <= targets', 12, 'found "targets"; allowed: a plain number such as 0'],
		['latency.p95 < 250ms', 9, 'found "95"; allowed: "(", as in p(95)'],
		['speedup{c: 1}.lo > 1x', 13, 'allowed: one of'],
	])('%s', (text, offset, problem) => {
		const error = errorOf(text);

		expect(error.message).toContain(problem);
		expect(error.offset).toBe(offset);
		expect(error.message.split('\n').slice(1)).toEqual([`  ${text}`, `  ${' '.repeat(offset)}^`]);
	});

	it('is an error with a place within the text, whatever the text', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				try {
					parseThreshold(text);
				} catch (error) {
					expect(error).toBeInstanceOf(ThresholdError);
					const { offset, message } = error as ThresholdError;
					expect(offset).toBeGreaterThanOrEqual(0);
					expect(offset).toBeLessThanOrEqual(text.length);
					expect(message.split('\n').length).toBe(3);
				}
			}),
			{ numRuns: 2000 },
		);
	});
});

const aMetric = fc.constantFrom<MetricName>(...METRIC_NAMES);
const anOperator = fc.constantFrom('<', '<=', '>', '>=', '==', '!=');
const blank = fc.constantFrom('', ' ', '  ', '\t');
const aSelector = fc
	.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[a-z0-9-]{1,8}$/), {
		maxKeys: 3,
	})
	.map((labels) => {
		const pairs = Object.entries(labels);
		return {
			labels,
			text: pairs.length === 0 ? '' : `{${pairs.map((pair) => pair.join(': ')).join(', ')}}`,
		};
	});
const aStat = fc.constantFrom<{ readonly text: string; readonly stat: Stat } | undefined>(
	undefined,
	{ text: 'median', stat: { of: 'percentile', percent: 50 } },
	{ text: 'p(99)', stat: { of: 'percentile', percent: 99 } },
	{ text: 'mean', stat: { of: 'mean' } },
	{ text: 'lo', stat: { of: 'lo' } },
);

/** Text that resembles a threshold, and text that does not. */
const anyText = fc.oneof(
	fc.string({ unit: 'binary' }),
	fc
		.array(
			fc.oneof(
				fc.constantFrom('failed', 'latency', '.p(95)', '{strategy: async}', '==', '<', '250', 'ms'),
				fc.constantFrom('×', 'x', 'targets', '{', '}', '.', ':', ',', '"', ' ', '\n', 'é', '👍'),
			),
			{ maxLength: 8 },
		)
		.map((tokens) => tokens.join('')),
);

function errorOf(text: string): ThresholdError {
	try {
		parseThreshold(text);
	} catch (error) {
		if (error instanceof ThresholdError) {
			return error;
		}
		throw error;
	}
	throw new Error(`${text} was read`);
}

/** 80 × 0.01 is not 0.8 in doubles. */
function rounded(limit: number): number {
	return Number(limit.toPrecision(12));
}
