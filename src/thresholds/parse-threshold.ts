import { parseLimit } from './parse-limit.ts';
import { parseMetric } from './parse-metric.ts';
import { parseSelector } from './parse-selector.ts';
import { parseStat } from './parse-stat.ts';
import { Scanner } from './scanner.ts';
import type { Operator, Stat, Threshold } from './threshold.ts';

/**
 * Reads `metric{selector}.stat op limit`: `failed == 0`, `latency.p(95) < 250ms`,
 * `speedup.lo{strategy: async} >= 5x`, `requests <= 1.1 × targets`. The selector may stand before
 * the stat or after it.
 *
 * @throws {ThresholdError} With a caret under the place, what was expected and what was found.
 */
export function parseThreshold(text: string, why?: string): Threshold {
	const scanner = new Scanner(text);
	const at = { metric: scanner.at, selector: {}, stat: scanner.at };
	const metric = parseMetric(scanner);
	let selector: Readonly<Record<string, string>> | undefined;
	let stat: Stat | undefined;

	for (;;) {
		const start = scanner.at;
		if (selector === undefined && scanner.take(/\{/) !== undefined) {
			({ selector, at: at.selector } = parseSelector(scanner));
		} else if (stat === undefined && scanner.take(/\./) !== undefined) {
			stat = parseStat(scanner);
			at.stat = start;
		} else {
			break;
		}
	}

	const operator = scanner.expect(/<=|>=|==|!=|<|>/, 'one of < <= > >= == !=') as Operator;
	const limit = parseLimit(scanner, metric);
	if (!scanner.ended) {
		scanner.fail('the end');
	}
	return {
		text,
		...(why !== undefined && { why }),
		metric,
		selector: selector ?? {},
		...(stat !== undefined && { stat }),
		operator,
		limit,
		at,
	};
}
