/** A server may send its content byte by byte; the reader gets larger pieces. */
const MANY_CHUNKS = 256;

/** Chunks of a body that have arrived and were not read yet. */
export class ChunkQueue {
	bytes = 0;
	#chunks: Buffer[] = [];
	/** How many of them are several in one. */
	#merged = 0;

	push(chunk: Buffer): void {
		if (this.#chunks.push(chunk) - this.#merged === MANY_CHUNKS) {
			this.#merge();
		}
		this.bytes += chunk.length;
	}

	takeAll(): Buffer[] {
		const chunks = this.#chunks;
		this.#chunks = [];
		this.#merged = 0;
		this.bytes = 0;
		return chunks;
	}

	#merge(): void {
		const small = this.#chunks.splice(this.#merged, MANY_CHUNKS);
		this.#chunks.push(Buffer.concat(small));
		this.#merged += 1;
	}
}
