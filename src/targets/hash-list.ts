import { hashText } from './hash-text.ts';

/** The hashes of a million texts in 8 MB. */
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
	 * @param limit - Of the hashes that are named.
	 * @returns Hashes that were added more than once, and how many additions were repeats.
	 */
	repeated(limit: number): { readonly hashes: ReadonlySet<bigint>; readonly repeats: number } {
		const sorted = new BigUint64Array(this.#words.buffer.slice(0, 8 * this.#length)).sort();
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
		return { hashes, repeats };
	}
}

/** The hash of one text, as in {@link HashList.repeated}. */
export function hashOf(text: string): bigint {
	return new BigUint64Array(new Uint32Array(hashText(text)).buffer)[0] ?? 0n;
}
