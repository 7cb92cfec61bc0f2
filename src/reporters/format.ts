const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `112 kB`, `1.4 MB`: powers of 1000. */
export function formatBytes(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
		value /= 1000;
		unit += 1;
	}

	const digits = unit === 0 || value >= 9.95 ? 0 : 1;
	return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
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

/** `6 s`, `2 min 5 s`: for what is counted while it goes on. */
export function formatWait(ms: number): string {
	return ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : formatDuration(ms);
}

/** `12,345`. */
export function formatCount(count: number): string {
	return count.toLocaleString('en');
}

/** `1 file`, `20 files`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
	return `${formatCount(count)} ${count === 1 ? one : many}`;
}
