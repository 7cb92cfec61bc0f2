import { hashText } from './hash-text.ts';

const DIGEST_BYTES = 32;

/**
 * SHA-256 by name, for a million names in some 60 MB: the names themselves are not kept, only
 * 64 bits of each. A name with two digests has none.
 */
export class DigestTable {
	/** Open addressing: the number of an entry plus 1; 0 is free. */
	#slots = new Uint32Array(2048);
	#hashes = new Uint32Array(2048);
	#digests = new Uint8Array(1024 * DIGEST_BYTES);
	#ambiguous = new Set<number>();
	#length = 0;

	/** @param digest - 64 hexadecimal digits. */
	add(name: string, digest: string): void {
		if (2 * this.#length === this.#slots.length) {
			this.#grow();
		}

		const hash = hashText(name);
		const slot = this.#slotOf(hash);
		const known = this.#slots[slot] ?? 0;
		if (known > 0) {
			if (this.#digest(known - 1) !== digest) {
				this.#ambiguous.add(known - 1);
			}
			return;
		}

		this.#hashes.set(hash, 2 * this.#length);
		this.#digests.set(Buffer.from(digest, 'hex'), this.#length * DIGEST_BYTES);
		this.#length += 1;
		this.#slots[slot] = this.#length;
	}

	/** @returns 64 lower-case hexadecimal digits, or `undefined`. */
	get(name: string): string | undefined {
		const known = this.#slots[this.#slotOf(hashText(name))] ?? 0;
		return known === 0 || this.#ambiguous.has(known - 1) ? undefined : this.#digest(known - 1);
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

	#digest(index: number): string {
		const start = index * DIGEST_BYTES;
		return Buffer.from(this.#digests.buffer, start, DIGEST_BYTES).toString('hex');
	}

	#grow(): void {
		const hashes = new Uint32Array(2 * this.#hashes.length);
		hashes.set(this.#hashes);
		const digests = new Uint8Array(2 * this.#digests.length);
		digests.set(this.#digests);
		this.#hashes = hashes;
		this.#digests = digests;
		this.#slots = new Uint32Array(2 * this.#slots.length);
		for (let index = 0; index < this.#length; index += 1) {
			const hash = [hashes[2 * index] ?? 0, hashes[2 * index + 1] ?? 0] as const;
			this.#slots[this.#slotOf(hash)] = index + 1;
		}
	}
}
