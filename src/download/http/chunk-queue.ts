/** Number of chunks merged into one: a server may send its content byte by byte. */
const MERGE_CHUNKS = 256;

/** Chunks of a body that have been received but not read. */
export class ChunkQueue {
	bytes = 0;
	#chunks: Buffer[] = [];
	/** Number of leading chunks that were merged. */
	#merged = 0;

	push(chunk: Buffer): void {
		if (this.#chunks.push(chunk) - this.#merged === MERGE_CHUNKS) {
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
		const small = this.#chunks.splice(this.#merged, MERGE_CHUNKS);
		this.#chunks.push(Buffer.concat(small));
		this.#merged += 1;
	}
}
