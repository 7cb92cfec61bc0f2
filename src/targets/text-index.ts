import { hashText } from './hash-text.ts';

/**
 * Numbers for texts, by 64 bits of each: a million in some 20 MB, since the texts themselves are not
 * kept.
 */
export class TextIndex {
	/** Open addressing: the number of a text plus 1; 0 is free. */
	#slots = new Uint32Array(2048);
	#hashes = new Uint32Array(2048);
	#length = 0;

	/** How many different texts there are. */
	get length(): number {
		return this.#length;
	}

	/** @returns The number of the text: they are counted from 0, in the order of their first addition. */
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

	/** @returns The number of the text; undefined if it was not added. */
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
