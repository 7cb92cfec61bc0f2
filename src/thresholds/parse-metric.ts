import { didYouMean } from '../scenarios/parse/reader.ts';
import { suggest } from '../scenarios/parse/suggest.ts';
import { METRIC_NAMES, type MetricName } from './metrics.ts';
import type { Scanner } from './scanner.ts';
import { ThresholdError } from './threshold-error.ts';

/**
 * Reads the longest name that is one: `plan.diff` is a metric, `latency.p` is one with a stat.
 *
 * @throws {ThresholdError}
 */
export function parseMetric(scanner: Scanner): MetricName {
	const start = scanner.at;
	const rest = scanner.text.slice(start);
	const known = METRIC_NAMES.filter((name) => rest.startsWith(name))
		.filter((name) => !/^\w/.test(rest.slice(name.length)))
		.sort((a, b) => b.length - a.length)[0];
	if (known !== undefined) {
		scanner.take(new RegExp(known.replace('.', '\\.')));
		return known;
	}

	const word = scanner.take(/[\p{L}\p{N}_]+(?:\.[\p{L}_]+)?/u) ?? scanner.fail('a metric');
	const meant = suggest(word, METRIC_NAMES) ?? suggest(word.split('.')[0] ?? '', METRIC_NAMES);
	const allowed = meant === undefined ? `; allowed: ${METRIC_NAMES.join(', ')}` : didYouMean(meant);
	throw new ThresholdError(
		scanner.text,
		start,
		`there is no metric ${JSON.stringify(word)}${allowed}`,
	);
}
