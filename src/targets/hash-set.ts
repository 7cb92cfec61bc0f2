/** A list of 64-bit hashes: 8 MB for a million texts. */
export class HashList {
	#words = new Uint32Array(2 * 1024);
	#length = 0;

	add(text: string): void {
		if (2 * this.#length === this.#words.length) {
			const larger = new Uint32Array(2 * this.#words.length);
			larger.set(this.#words);
			this.#words = larger;
		}
		const [low, high] = hashText(text);
		this.#words[2 * this.#length] = low;
		this.#words[2 * this.#length + 1] = high;
		this.#length += 1;
	}

	/**
	 * @param limit - Maximum number of hashes to return.
	 * @returns Hashes that were added more than once or are also in `others`, and the number of repeated
	 *   additions.
	 */
	repeated(
		limit: number,
		others: HashList,
	): { readonly hashes: ReadonlySet<bigint>; readonly repeats: number } {
		const sorted = this.#all().sort();
		const hashes = new Set<bigint>();
		let repeats = 0;
		for (let index = 1; index < sorted.length; index += 1) {
			const hash = sorted[index];
			if (hash === undefined || hash !== sorted[index - 1]) {
				continue;
			}
			repeats += 1;
			if (hashes.size < limit) {
				hashes.add(hash);
			}
		}
		for (const hash of others.#all()) {
			if (hashes.size < 2 * limit && isIn(sorted, hash)) {
				hashes.add(hash);
			}
		}
		return { hashes, repeats };
	}

	#all(): BigUint64Array<ArrayBuffer> {
		return new BigUint64Array(this.#words.buffer.slice(0, 8 * this.#length));
	}
}

/** Binary search. */
function isIn(sorted: BigUint64Array, hash: bigint): boolean {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((sorted[middle] ?? hash) < hash) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return sorted[low] === hash;
}

/** The hash of one text, as in {@link HashList.repeated}. */
export function hashOf(text: string): bigint {
	return new BigUint64Array(new Uint32Array(hashText(text)).buffer)[0] ?? 0n;
}

/**
 * Assigns numbers to texts. Stores a 64-bit hash instead of each text: a million take some 20 MB.
 */
export class TextIndex {
	/** Open addressing: the number of a text plus 1; 0 is free. */
	#slots = new Uint32Array(2048);
	#hashes = new Uint32Array(2048);
	#length = 0;

	/** Number of distinct texts. */
	get length(): number {
		return this.#length;
	}

	/** @returns The number of the text: from 0, in the order of first addition. */
	add(text: string): number {
		if (2 * this.#length === this.#slots.length) {
			this.#grow();
		}
		const hash = hashText(text);
		const slot = this.#slotOf(hash);
		const known = this.#slots[slot] ?? 0;
		if (known > 0) {
			return known - 1;
		}
		this.#hashes.set(hash, 2 * this.#length);
		this.#length += 1;
		this.#slots[slot] = this.#length;
		return this.#length - 1;
	}

	/** @returns The number of the text, or undefined if it was not added. */
	find(text: string): number | undefined {
		const known = this.#slots[this.#slotOf(hashText(text))] ?? 0;
		return known === 0 ? undefined : known - 1;
	}

	#slotOf([low, high]: readonly [number, number]): number {
		const mask = this.#slots.length - 1;
		for (let slot = low & mask; ; slot = (slot + 1) & mask) {
			const known = this.#slots[slot] ?? 0;
			const at = 2 * (known - 1);
			if (known === 0 || (this.#hashes[at] === low && this.#hashes[at + 1] === high)) {
				return slot;
			}
		}
	}

	#grow(): void {
		const hashes = new Uint32Array(2 * this.#hashes.length);
		hashes.set(this.#hashes);
		this.#hashes = hashes;
		this.#slots = new Uint32Array(2 * this.#slots.length);
		for (let index = 0; index < this.#length; index += 1) {
			const hash = [hashes[2 * index] ?? 0, hashes[2 * index + 1] ?? 0] as const;
			this.#slots[this.#slotOf(hash)] = index + 1;
		}
	}
}

/**
 * A 64-bit hash as two unsigned 32-bit integers, the low one first. It finds equal texts in lists too long
 * to hold in memory, and is not collision-resistant.
 */
function hashText(text: string): readonly [number, number] {
	let low = 0x243f6a88;
	let high = 0x85a308d3;
	for (let index = 0; index < text.length; index += 1) {
		const unit = text.charCodeAt(index);
		low = Math.imul(rotate(low, 13) ^ Math.imul(unit, 0x9e3779b1), 0x85ebca77);
		high = Math.imul(rotate(high, 17) ^ Math.imul(unit, 0xc2b2ae3d), 0x27d4eb2f);
	}
	return [avalanche(low ^ rotate(high, 16) ^ text.length), avalanche(high ^ rotate(low, 7))];
}

function rotate(word: number, bits: number): number {
	return (word << bits) | (word >>> (32 - bits));
}

function avalanche(word: number): number {
	const once = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
	const twice = Math.imul(once ^ (once >>> 12), 0x297a2d39);
	return (twice ^ (twice >>> 15)) >>> 0;
}
