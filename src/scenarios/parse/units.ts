import { aTextLike, type Reader } from './reader.ts';

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000 } as const;
const BYTES_PER_UNIT = { B: 1, kB: 1000, KiB: 1024, MB: 1e6, MiB: 1024 ** 2 } as const;

const durationText = aTextLike(
	/^[0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m)$/,
	'a duration with its unit, such as "250ms", "10s" or "2m"',
);
const bytesText = aTextLike(
	/^[0-9]{1,6}(\.[0-9]{1,3})?(B|kB|KiB|MB|MiB)$/,
	'a size with its unit, such as "512B", "50kB" or "64KiB"',
);
const bytesPerSecondText = aTextLike(
	/^[0-9]{1,6}(\.[0-9]{1,3})?(B|kB|KiB|MB|MiB)\/s$/,
	'a rate with its unit, such as "50kB/s" or "512KiB/s"',
);
const wholeSecondsText = aTextLike(
	/^[0-9]{1,5}s$/,
	'whole seconds, such as "1s", as Retry-After has no smaller unit',
);

/** `"250ms"` in milliseconds. */
export const durationMs: Reader<number> = (value, pointer) =>
	convert(durationText(value, pointer), MS_PER_UNIT);

/** `"64KiB"` in bytes, rounded down. */
export const bytes: Reader<number> = (value, pointer) =>
	Math.floor(convert(bytesText(value, pointer), BYTES_PER_UNIT));

/** `"512KiB/s"` in bytes per second. */
export const bytesPerSecond: Reader<number> = (value, pointer) =>
	convert(bytesPerSecondText(value, pointer).slice(0, -'/s'.length), BYTES_PER_UNIT);

/** `"1s"` in seconds. */
export const wholeSeconds: Reader<number> = (value, pointer) =>
	Number.parseInt(wholeSecondsText(value, pointer), 10);

function convert(text: string, factors: Readonly<Record<string, number>>): number {
	const number = Number.parseFloat(text);
	const unit = text.replace(/^[0-9.]+/, '');
	return number * (factors[unit] ?? Number.NaN);
}
