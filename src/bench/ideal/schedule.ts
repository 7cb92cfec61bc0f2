import { Heap } from './heap.ts';

/** What one file takes from a client without costs of its own: attempts in turn. */
export type Chain = readonly Step[];

interface Step {
	/** Back-off that must pass before it, in milliseconds; it occupies no slot. */
	readonly waitMs: number;
	/** How long it occupies its slot, in milliseconds. */
	readonly slotMs: number;
}

/** @returns Milliseconds from the first attempt to the end of the last. */
export function scheduleMs(chains: readonly Chain[], slots: number): number {
	return completions(chains, slots).at(-1) ?? 0;
}

/**
 * When the files are there if no slot is ever idle without need: one that becomes free takes the file
 * whose next attempt has been due the longest, and else the next of the list.
 *
 * @param slots - Attempts in flight at once, at least 1.
 * @returns Milliseconds from the first attempt, ascending.
 */
export function completions(chains: readonly Chain[], slots: number): readonly number[] {
	const used = Math.min(slots, chains.length);
	const free = new Heap<number>((freeMs) => freeMs);
	for (let slot = 0; slot < used; slot += 1) {
		free.push(0);
	}
	const backingOff = new Heap<Waiting>(({ readyMs }) => readyMs);
	let fresh = 0;
	const doneMs: number[] = [];

	while (fresh < chains.length || backingOff.size > 0) {
		const freeMs = free.pop() as number;
		const retry = backingOff.peek();
		const isRetry = retry !== undefined && (retry.readyMs <= freeMs || fresh === chains.length);
		const next = isRetry ? (backingOff.pop() as Waiting) : open(chains, fresh);
		if (!isRetry) {
			fresh += 1;
		}

		const endMs = Math.max(freeMs, next.readyMs) + (next.chain[next.step]?.slotMs ?? 0);
		free.push(endMs);
		const after = next.chain[next.step + 1];
		if (after === undefined) {
			doneMs.push(endMs);
		} else {
			backingOff.push({ ...next, step: next.step + 1, readyMs: endMs + after.waitMs });
		}
	}
	return doneMs.sort((one, other) => one - other);
}

interface Waiting {
	readonly chain: Chain;
	readonly step: number;
	readonly readyMs: number;
}

function open(chains: readonly Chain[], index: number): Waiting {
	const chain = chains[index] as Chain;
	return { chain, step: 0, readyMs: chain[0]?.waitMs ?? 0 };
}
