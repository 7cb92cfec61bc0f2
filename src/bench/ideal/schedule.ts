/** The attempts of one file in turn, for a client without overhead. */
export type Chain = readonly Step[];

interface Step {
	/** Back-off before the attempt, in milliseconds; it occupies no slot. */
	readonly waitMs: number;
	/** Time in the slot, in milliseconds. */
	readonly slotMs: number;
}

/** @returns Milliseconds from the first attempt to the end of the last. */
export function scheduleMs(chains: readonly Chain[], slots: number): number {
	return completions(chains, slots).at(-1) ?? 0;
}

/**
 * When the files complete if no slot is idle without need: a free slot continues the file whose next
 * attempt has been due the longest, or else starts the next file of the list.
 *
 * @param slots - Attempts in flight at once, at least 1.
 * @returns Milliseconds from the first attempt, ascending.
 */
export function completions(chains: readonly Chain[], slots: number): readonly number[] {
	const free = Array.from({ length: Math.min(slots, chains.length) }, () => 0);
	const backingOff: Waiting[] = [];
	let started = 0;
	const doneMs: number[] = [];

	while (started < chains.length || backingOff.length > 0) {
		const freeMs = free.shift() as number;
		const [retry] = backingOff;
		const isRetry = retry !== undefined && (retry.readyMs <= freeMs || started === chains.length);
		const chain = chains[started] ?? [];
		const next = isRetry ? retry : { chain, step: 0, readyMs: chain[0]?.waitMs ?? 0 };
		if (isRetry) {
			backingOff.shift();
		} else {
			started += 1;
		}

		const endMs = Math.max(freeMs, next.readyMs) + (next.chain[next.step]?.slotMs ?? 0);
		insert(free, endMs, (ms) => ms);
		const after = next.chain[next.step + 1];
		if (after === undefined) {
			doneMs.push(endMs);
		} else {
			const retryAt = { ...next, step: next.step + 1, readyMs: endMs + after.waitMs };
			insert(backingOff, retryAt, ({ readyMs }) => readyMs);
		}
	}
	return doneMs.sort((one, other) => one - other);
}

interface Waiting {
	readonly chain: Chain;
	readonly step: number;
	readonly readyMs: number;
}

/** Keeps items sorted by their keys; the last of equal ones is the newest. */
function insert<T>(sorted: T[], item: T, key: (item: T) => number): void {
	let [from, to] = [0, sorted.length];
	while (from < to) {
		const middle = (from + to) >> 1;
		if (key(sorted[middle] as T) <= key(item)) {
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	sorted.splice(from, 0, item);
}
