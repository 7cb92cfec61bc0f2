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
	const used = Math.min(slots, chains.length);
	const free = new Heap<number>((freeMs) => freeMs);
	for (let slot = 0; slot < used; slot += 1) {
		free.push(0);
	}
	const backingOff = new Heap<Waiting>(({ readyMs }) => readyMs);
	let started = 0;
	const doneMs: number[] = [];

	while (started < chains.length || backingOff.size > 0) {
		const freeMs = free.pop() as number;
		const retry = backingOff.peek();
		const isRetry = retry !== undefined && (retry.readyMs <= freeMs || started === chains.length);
		const next = isRetry ? (backingOff.pop() as Waiting) : firstStep(chains, started);
		if (!isRetry) {
			started += 1;
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

function firstStep(chains: readonly Chain[], index: number): Waiting {
	const chain = chains[index] as Chain;
	return { chain, step: 0, readyMs: chain[0]?.waitMs ?? 0 };
}

/** A binary heap: the item with the smallest key comes first. */
class Heap<T> {
	readonly #items: T[] = [];
	readonly #key: (item: T) => number;

	constructor(key: (item: T) => number) {
		this.#key = key;
	}

	get size(): number {
		return this.#items.length;
	}

	peek(): T | undefined {
		return this.#items[0];
	}

	push(item: T): void {
		const items = this.#items;
		let at = items.length;
		items.push(item);
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!this.#less(at, parent)) {
				return;
			}
			this.#swap(at, parent);
			at = parent;
		}
	}

	pop(): T | undefined {
		const items = this.#items;
		const [first] = items;
		const last = items.pop();
		if (items.length === 0 || last === undefined) {
			return first;
		}
		items[0] = last;
		for (let at = 0; ; ) {
			const left = 2 * at + 1;
			let least = at;
			if (left < items.length && this.#less(left, least)) {
				least = left;
			}
			if (left + 1 < items.length && this.#less(left + 1, least)) {
				least = left + 1;
			}
			if (least === at) {
				return first;
			}
			this.#swap(at, least);
			at = least;
		}
	}

	#less(one: number, other: number): boolean {
		return this.#key(this.#items[one] as T) < this.#key(this.#items[other] as T);
	}

	#swap(one: number, other: number): void {
		const items = this.#items;
		[items[one], items[other]] = [items[other] as T, items[one] as T];
	}
}
