import { list } from '../scenarios/parse/reader.ts';
import { type Kind, kindOf, type MetricName } from './metrics.ts';
import { parseMetric } from './parse-metric.ts';
import type { Scanner } from './scanner.ts';
import type { Limit } from './threshold.ts';
import { ThresholdError } from './threshold-error.ts';
import { UNITS } from './units.ts';

/**
 * Reads `0`, `250ms`, `80%`, `targets`, `1.1 × targets`; `*` and `x` will do for `×`.
 *
 * @param of - The metric that is limited: it says which units there are.
 * @throws {ThresholdError}
 */
export function parseLimit(scanner: Scanner, of: MetricName): Limit {
	const start = scanner.at;
	const number = scanner.take(/\d+(?:\.\d+)?/u);
	if (number === undefined) {
		if (scanner.ended) {
			scanner.fail(expected(kindOf(of)));
		}
		return { factor: 1, metric: otherMetric(scanner, of) };
	}
	if (scanner.take(/[×*x]\s*(?=\p{L})/u) !== undefined) {
		return { factor: Number(number), metric: otherMetric(scanner, of) };
	}

	const units = UNITS[kindOf(of)];
	const unit = scanner.take(/[\p{L}%×]+(?:\/s)?/u) ?? '';
	const scale = Object.hasOwn(units, unit) ? units[unit] : undefined;
	if (scale === undefined) {
		const found = unit === '' ? 'no unit' : `the unit ${JSON.stringify(unit)}`;
		throw new ThresholdError(
			scanner.text,
			start + number.length,
			`found ${found} on a limit of ${of}; expected ${expected(kindOf(of))}`,
		);
	}
	return { value: Number(number) * scale };
}

function otherMetric(scanner: Scanner, of: MetricName): MetricName {
	const start = scanner.at;
	const metric = parseMetric(scanner);
	if (kindOf(metric) !== kindOf(of)) {
		throw new ThresholdError(
			scanner.text,
			start,
			`${metric} is a ${kindOf(metric)}, and ${of} a ${kindOf(of)}: they cannot be compared`,
		);
	}
	return metric;
}

function expected(kind: Kind): string {
	const units = Object.keys(UNITS[kind]).filter((unit) => unit !== '');
	const examples = { count: '0', time: '250ms', size: '1.5MB', speed: '1MB/s', ratio: '5x' };
	if (kind === 'share') {
		return 'a percentage such as 80%';
	}
	if (kind === 'count') {
		return 'a plain number such as 0, or a metric such as 1.1 × targets';
	}
	return `a number with ${list(units)}, such as ${examples[kind]}`;
}
