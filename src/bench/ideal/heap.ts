/** A priority queue: the item with the least key comes first. */
export class Heap<T> {
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
