import { InvalidArgumentError } from 'commander';
import { BYTES_PER_UNIT } from '../../util/units.ts';

/** By unit in lower case; one letter is curl's habit. */
const FACTORS: Readonly<Record<string, number>> = {
	...{ '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 },
	...Object.fromEntries(
		Object.entries(BYTES_PER_UNIT).map(([unit, bytes]) => [unit.toLowerCase(), bytes]),
	),
};

/**
 * Reads `500`, `64k` (of 1024 bytes, curl's habit), `1.5MB` (of 1000), `2MiB`; any case.
 *
 * @returns Bytes, at least 1.
 * @throws {InvalidArgumentError}
 */
export function parseSize(text: string): number {
	const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
	const bytes = Math.round(Number(number) * (FACTORS[unit.toLowerCase()] ?? Number.NaN));
	if (number === '' || !(bytes >= 1) || !Number.isSafeInteger(bytes)) {
		throw new InvalidArgumentError(
			'a number of bytes, or with a unit such as 64k (1024), 1.5MB (1000), 2MiB (1024)',
		);
	}
	return bytes;
}

/**
 * Reads bytes per second as a size, with nothing behind it (curl's habit) or with `/s`; 0 is no limit.
 *
 * @throws {InvalidArgumentError}
 */
export function parseSpeed(text: string): number {
	return text === '0' ? 0 : parseSize(text.replace(/\/s$/i, ''));
}
