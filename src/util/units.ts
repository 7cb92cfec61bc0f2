export const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Bytes per unit: powers of 1000, and powers of 1024. */
export const BYTES_PER_UNIT = {
	B: 1,
	kB: 1000,
	MB: 1000 ** 2,
	GB: 1000 ** 3,
	KiB: 1024,
	MiB: 1024 ** 2,
	GiB: 1024 ** 3,
} as const;

/**
 * Parses a number with a unit, such as `1.5MB`.
 *
 * @param factors - Factor from each unit to the base unit; `''` is the unit of a bare number.
 * @returns The value in the base unit, or NaN if the text or its unit is invalid.
 */
export function parseQuantity(text: string, factors: Readonly<Record<string, number>>): number {
	const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(.*)$/s.exec(text) ?? [];
	const factor = Object.hasOwn(factors, unit) ? factors[unit] : undefined;
	return number === '' || factor === undefined ? Number.NaN : Number(number) * factor;
}

/** `12 ms`, `0.31 s`, `4.2 s`, `48 s`, `2 min 5 s`, `3 h 12 min`. */
export function formatDuration(ms: number): string {
	if (ms < 100) {
		return `${Math.round(ms)} ms`;
	}

	const seconds = ms / 1000;
	if (seconds < 59.5) {
		return `${seconds.toFixed(seconds < 0.995 ? 2 : seconds < 9.95 ? 1 : 0)} s`;
	}

	const whole = Math.round(seconds);
	return whole < 3600
		? `${Math.floor(whole / 60)} min ${whole % 60} s`
		: `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `0.8 ms`, `51 ms`, `764 ms`, `6.41 s`, `48.2 s`, `3 min 12 s`: three digits, for values that are compared. */
export function formatMs(ms: number): string {
	if (ms < 9.95) {
		return `${ms.toFixed(1)} ms`;
	}
	if (ms < 999.5) {
		return `${ms.toFixed(0)} ms`;
	}
	if (ms < 9995) {
		return `${(ms / 1000).toFixed(2)} s`;
	}
	if (ms < 99_950) {
		return `${(ms / 1000).toFixed(1)} s`;
	}
	const seconds = Math.round(ms / 1000);
	return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `6.5 ms`, `120 ms`, `6.5 s`, `48 s`: two digits, for values that vary from run to run. */
export function formatAboutMs(ms: number): string {
	if (ms < 9.95) {
		return `${ms.toFixed(1)} ms`;
	}
	if (ms < 995) {
		return `${Number(ms.toPrecision(2))} ms`;
	}
	return ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms);
}

/** `8 s`, `40 s`, `3 min`, `1 h 10 min`: for an estimate. */
export function formatEstimate(ms: number): string {
	const seconds = Math.max(1, Math.round(ms / 1000));
	if (seconds < 95) {
		return `${seconds < 10 ? seconds : Math.round(seconds / 5) * 5} s`;
	}
	const minutes = Math.round(seconds / 60);
	return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `6 s`, `2 min 5 s`: rounded down, for elapsed time. */
export function formatWait(ms: number): string {
	return formatSeconds(Math.max(0, Math.floor(ms / 1000)));
}

/** `6 s`, `2 min 5 s`: rounded up, for remaining time. */
export function formatTimeLeft(ms: number): string {
	return formatSeconds(Math.ceil(ms / 1000));
}

function formatSeconds(seconds: number): string {
	return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `112 kB`, `1.4 MB`: powers of 1000. */
export function formatBytes(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
		value /= 1000;
		unit += 1;
	}

	const digits = unit === 0 || value >= 9.95 ? 0 : 1;
	return `${value.toFixed(digits)} ${SIZE_UNITS[unit]}`;
}

/** `106 MB`. */
export function formatMegabytes(bytes: number): string {
	return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** `12,345`, for integers. The first call of `toLocaleString` would take 15 ms. */
export function formatCount(count: number): string {
	return `${count}`.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 file`, `20 files`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
	return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `1.04`, `1.9`, `18`, `130`: two digits, or three close to 1. */
export function formatTimes(ratio: number): string {
	if (ratio > 0.905 && ratio < 1.095) {
		return ratio.toFixed(2);
	}
	return ratio >= 0.905 && ratio < 9.95 ? ratio.toFixed(1) : String(Number(ratio.toPrecision(2)));
}

/** `14 to 23`; a single number if both round to the same. */
export function formatTimesRange(lower: number, upper: number): string {
	const isClose = lower < 1.095 && upper < 1.995;
	const [one, other] = [lower, upper].map((ratio) =>
		isClose ? ratio.toFixed(2) : formatTimes(ratio),
	);
	return one === other ? `${one}` : `${one} to ${other}`;
}

/** `±33 %`, `a factor of 2.5`: the larger deviation of the two bounds from 1, as a ratio, rounded up. */
export function formatWithin(lower: number, upper: number): string {
	const most = Math.max(upper, 1 / lower);
	if (most >= 2) {
		return `a factor of ${formatTimes(most)}`;
	}
	return `±${Math.max(1, Math.ceil((most - 1) * 100 - 1e-9))} %`;
}

/** `94 %`. */
export function formatShare(share: number): string {
	return `${(share * 100).toFixed(0)} %`;
}

/** Three significant digits, or all digits of an integer: `0.123`, `12345`. */
export function formatSignificant(value: number): string {
	if (!Number.isFinite(value)) {
		return '∞';
	}
	return Number.isInteger(value) || value >= 100
		? String(Math.round(value))
		: String(Number(value.toPrecision(3)));
}

/** Rounds to two decimal places. */
export function hundredths(value: number): number {
	return Math.round(value * 100) / 100;
}
