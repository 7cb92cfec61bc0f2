import { InvalidArgumentError } from 'commander';
import { MS_PER_UNIT, parseQuantity } from '../../util/units.ts';

const FACTORS = { ...MS_PER_UNIT, '': MS_PER_UNIT.s };

/** What a timer of Node can take, and no more: 2³¹ − 1. */
const MAX_MS = 2_147_483_647;

/**
 * Reads `250ms`, `10s`, `2m`, `1h`; a bare number is seconds, which is curl's habit.
 *
 * @returns Milliseconds, more than 0.
 * @throws {InvalidArgumentError}
 */
export function parseDuration(text: string): number {
	const ms = Math.ceil(parseQuantity(text, FACTORS));
	if (!(ms > 0) || ms > MAX_MS) {
		throw new InvalidArgumentError(
			'a time from 1ms to 24 days, such as 250ms, 10s, 2m, 1h (a bare number is seconds)',
		);
	}
	return ms;
}
