import type { Kind } from './metrics.ts';

const SIZES = {
	B: 1,
	kB: 1000,
	MB: 1000 ** 2,
	GB: 1000 ** 3,
	KiB: 1024,
	MiB: 1024 ** 2,
	GiB: 1024 ** 3,
} as const;

/** What each unit is of the unit that the metric is kept in: milliseconds, bytes, 1. */
export const UNITS: Readonly<Record<Kind, Readonly<Record<string, number>>>> = {
	count: { '': 1 },
	time: { ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
	size: SIZES,
	speed: Object.fromEntries(Object.entries(SIZES).map(([unit, bytes]) => [`${unit}/s`, bytes])),
	ratio: { x: 1, '×': 1, '': 1 },
	share: { '%': 0.01 },
};

/** A value as a threshold would write it: `251 ms`, `5.2×`, `83 %`. */
export function formatValue(value: number, kind: Kind): string {
	switch (kind) {
		case 'count':
			return digits(value);
		case 'time':
			return value < 1000 ? `${digits(value)} ms` : `${digits(value / 1000)} s`;
		case 'size':
			return formatSize(value);
		case 'speed':
			return `${formatSize(value)}/s`;
		case 'ratio':
			return `${digits(value)}×`;
		case 'share':
			return `${digits(value * 100)} %`;
	}
}

function formatSize(bytes: number): string {
	if (bytes < 1000) {
		return `${digits(bytes)} B`;
	}
	return bytes < 1e6 ? `${digits(bytes / 1000)} kB` : `${digits(bytes / 1e6)} MB`;
}

/** Three significant digits, all of the whole ones. */
function digits(value: number): string {
	if (!Number.isFinite(value)) {
		return '∞';
	}
	return Number.isInteger(value) || value >= 100
		? String(Math.round(value))
		: String(Number(value.toPrecision(3)));
}
