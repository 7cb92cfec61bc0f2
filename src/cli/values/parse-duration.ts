import { InvalidArgumentError } from 'commander';

const MS_PER_UNIT: Readonly<Record<string, number>> = {
	ms: 1,
	s: 1000,
	m: 60_000,
	h: 3_600_000,
	'': 1000,
};

/** What a timer of Node can take, and no more: 2³¹ − 1. */
const MAX_MS = 2_147_483_647;

/**
 * Reads `250ms`, `10s`, `2m`, `1h`; a bare number is seconds, which is curl's habit.
 *
 * @returns Milliseconds, more than 0.
 * @throws {InvalidArgumentError}
 */
export function parseDuration(text: string): number {
	const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text) ?? [];
	const ms = Math.ceil(Number(number) * (MS_PER_UNIT[unit] ?? Number.NaN));
	if (number === '' || !(ms > 0) || ms > MAX_MS) {
		throw new InvalidArgumentError(
			'Allowed is a time from 1ms to 24 days, such as 250ms, 10s, 2m, 1h; a bare number is seconds.',
		);
	}
	return ms;
}
