import type { Scanner } from './scanner.ts';
import type { Stat } from './threshold.ts';
import { ThresholdError } from './threshold-error.ts';

const EXPECTED = 'p(95), median, mean, min, max, lo or hi';

/**
 * Reads what follows the dot: `p(95)`, `p95`, `median`, `mean`, `min`, `max`, `lo`, `hi`.
 *
 * @throws {ThresholdError}
 */
export function parseStat(scanner: Scanner): Stat {
	const name = scanner.take(/median|mean|min|max|lo|hi|p/) ?? scanner.fail(EXPECTED);
	switch (name) {
		case 'median':
			return { of: 'percentile', percent: 50 };
		case 'mean':
		case 'min':
		case 'max':
		case 'lo':
		case 'hi':
			return { of: name };
		default:
			return { of: 'percentile', percent: parsePercent(scanner) };
	}
}

function parsePercent(scanner: Scanner): number {
	const inBrackets = scanner.take(/\(/) !== undefined;
	const { at } = scanner;
	const percent = Number(scanner.expect(/\d+(?:\.\d+)?/, 'a percentage such as 95'));
	if (!(percent > 0 && percent < 100)) {
		throw new ThresholdError(scanner.text, at, 'expected a percentage between 0 and 100');
	}
	if (inBrackets) {
		scanner.expect(/\)/, '")"');
	}
	return percent;
}
