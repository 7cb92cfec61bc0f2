import { TextIndex } from './text-index.ts';

const DIGEST_BYTES = 32;

/** SHA-256 by name, for a million names in some 60 MB. A name with two digests has none. */
export class DigestTable {
	readonly #names = new TextIndex();
	/** By the number of the name. */
	#digests = new Uint8Array(1024 * DIGEST_BYTES);
	readonly #ambiguous = new Set<number>();

	/** @param digest - 64 hexadecimal digits. */
	add(name: string, digest: string): void {
		const count = this.#names.length;
		const number = this.#names.add(name);
		if (number < count) {
			if (this.#digest(number) !== digest) {
				this.#ambiguous.add(number);
			}
			return;
		}

		const start = number * DIGEST_BYTES;
		if (start === this.#digests.length) {
			const digests = new Uint8Array(2 * start);
			digests.set(this.#digests);
			this.#digests = digests;
		}
		this.#digests.set(Buffer.from(digest, 'hex'), start);
	}

	/** @returns 64 lower-case hexadecimal digits, or `undefined`. */
	get(name: string): string | undefined {
		const number = this.#names.find(name);
		return number === undefined || this.#ambiguous.has(number) ? undefined : this.#digest(number);
	}

	#digest(number: number): string {
		const start = number * DIGEST_BYTES;
		return Buffer.from(this.#digests.buffer, start, DIGEST_BYTES).toString('hex');
	}
}
