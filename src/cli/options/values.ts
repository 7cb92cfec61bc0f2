import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { InvalidArgumentError } from 'commander';
import type { Rate } from '../../download/options.ts';
import { BYTES_PER_UNIT, MS_PER_UNIT, parseQuantity } from '../../util/units.ts';

/*
 * Parsers of option values. Each throws an `InvalidArgumentError` that says what is allowed; the handler adds
 * what was found.
 */

/** A parser of integers in an inclusive range. */
export function parseWhole(least: number, most: number): (text: string) => number {
	return (text) => {
		const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
		if (!(number >= least && number <= most)) {
			throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
		}
		return number;
	};
}

export const parseSlots = parseWhole(1, 10_000);
export const parseSeed = parseWhole(0, 4_294_967_295);

/** Parses distinct numbers of slots such as `1,8,32`. */
export function parseSlotCounts(text: string): readonly number[] {
	return [...new Set(text.split(',').map((number) => parseSlots(number.trim())))];
}

export function parseList(text: string): readonly string[] {
	const names = text.split(',').map((name) => name.trim());
	if (names.includes('')) {
		throw new InvalidArgumentError('names separated by commas, such as threads,async');
	}
	return names;
}

const TIME_FACTORS = { ...MS_PER_UNIT, '': MS_PER_UNIT.s };

/** The longest timeout of a Node timer: 2³¹ − 1. */
const MAX_MS = 2_147_483_647;

/**
 * Parses `250ms`, `10s`, `2m`, `1h`; a bare number is in seconds, as for curl.
 *
 * @returns Milliseconds, more than 0.
 */
export function parseDuration(text: string): number {
	const ms = Math.ceil(parseQuantity(text, TIME_FACTORS));
	if (!(ms > 0) || ms > MAX_MS) {
		throw new InvalidArgumentError(
			'a time from 1ms to 24 days, such as 250ms, 10s, 2m, 1h (a bare number is seconds)',
		);
	}
	return ms;
}

/** Parses `50/s`, `5/15s`, `100/m`: requests per period. */
export function parseRate(text: string): Rate {
	const [, requests = '', length = '', unit = ''] = /^(\d{1,9})\/(\d*)(ms|s|m|h)$/.exec(text) ?? [];
	if (!(Number(requests) >= 1) || (length !== '' && !(Number(length) > 0))) {
		throw new InvalidArgumentError(
			'a number of requests, a slash and a time, such as 50/s, 5/15s, 100/m',
		);
	}
	return { requests: Number(requests), windowMs: parseDuration(`${length || '1'}${unit}`) };
}

/** By unit in lower case; single letters are as for curl. */
const SIZE_FACTORS: Readonly<Record<string, number>> = {
	...{ '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 },
	...Object.fromEntries(
		Object.entries(BYTES_PER_UNIT).map(([unit, bytes]) => [unit.toLowerCase(), bytes]),
	),
};

/**
 * Parses `500`, `64k` (1024 bytes, as for curl), `1.5MB` (powers of 1000), `2MiB`; in any case.
 *
 * @returns Bytes, at least 1.
 */
export function parseSize(text: string): number {
	const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
	const bytes = Math.round(Number(number) * (SIZE_FACTORS[unit.toLowerCase()] ?? Number.NaN));
	if (number === '' || !(bytes >= 1) || !Number.isSafeInteger(bytes)) {
		throw new InvalidArgumentError(
			'a number of bytes, or with a unit such as 64k (1024), 1.5MB (1000), 2MiB (1024)',
		);
	}
	return bytes;
}

/** Parses bytes per second: a size, optionally with `/s`; 0 means no limit. */
export function parseSpeed(text: string): number {
	return text === '0' ? 0 : parseSize(text.replace(/\/s$/i, ''));
}

const RESOLVE_FORM = /^\+?(\*|[^:[\]]+):(\d{1,5}):(.+)$/;
const PORT_MAX = 65_535;

/**
 * Parses `host:port:address` as curl does: several addresses are separated by commas, IPv6 addresses may have
 * brackets, and `*` is every host. Adds it to the previous ones; the last one for a host and port wins.
 *
 * @returns Addresses by `host:port`.
 */
export function parseResolve(
	text: string,
	others: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
	const [, hostPart = '', port = '', list = ''] = RESOLVE_FORM.exec(text) ?? [];
	const host = hostPart === '*' ? hostPart : domainToASCII(hostPart.replace(/\.$/, ''));
	const addresses = list.split(',').map((address) => address.replace(/^\[(.*)\]$/, '$1'));
	const isValid =
		host !== '' &&
		isIP(host) === 0 &&
		Number(port) >= 1 &&
		Number(port) <= PORT_MAX &&
		addresses.every((address) => isIP(address) !== 0 && !address.includes('%'));
	if (!isValid) {
		throw new InvalidArgumentError(
			'host:port:address, such as example.org:443:127.0.0.1 or example.org:443:[::1] (* is every host)',
		);
	}
	return { ...others, [`${host}:${Number(port)}`]: addresses.join() };
}
