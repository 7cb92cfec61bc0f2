import { InvalidArgumentError } from 'commander';
import type { Rate } from '../../download/options.ts';
import { parseDuration } from './parse-duration.ts';

/**
 * Reads `50/s`, `5/15s`, `100/m`: so many requests in that time.
 *
 * @throws {InvalidArgumentError}
 */
export function parseRate(text: string): Rate {
	const [, requests = '', length = '', unit = ''] = /^(\d{1,9})\/(\d*)(ms|s|m|h)$/.exec(text) ?? [];
	if (!(Number(requests) >= 1) || (length !== '' && !(Number(length) > 0))) {
		throw new InvalidArgumentError(
			'a number of requests, a slash and a time, such as 50/s, 5/15s, 100/m',
		);
	}
	return { requests: Number(requests), windowMs: parseDuration(`${length || '1'}${unit}`) };
}
