/** `0.8 ms`, `51 ms`, `764 ms`, `6.41 s`, `48.2 s`, `3 min 12 s`: three digits say all there is to say. */
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

/** `1.04`, `3.2`, `18.1`: two digits behind the point where the difference is small. */
export function formatRatio(ratio: number): string {
	return ratio < 1.995 ? ratio.toFixed(2) : ratio < 99.95 ? ratio.toFixed(1) : ratio.toFixed(0);
}

/** `3.1–3.6`; with as many digits as it takes to tell both ends apart, but not more than three. */
export function formatRange(low: number, high: number): string {
	const [one, other] = [formatRatio(low), formatRatio(high)];
	if (one !== other || low >= 99.95) {
		return `${one}–${other}`;
	}
	return `${low.toFixed(low < 1.995 ? 3 : 2)}–${high.toFixed(low < 1.995 ? 3 : 2)}`;
}

/** `94 %`. */
export function formatShare(share: number): string {
	return `${(share * 100).toFixed(0)} %`;
}

/** `106 MB`. */
export function formatMegabytes(bytes: number): string {
	return `${(bytes / 1e6).toFixed(0)} MB`;
}
