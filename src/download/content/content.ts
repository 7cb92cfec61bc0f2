import { Digests, digestHex } from './digest.ts';
import { HEAD_BYTES, TAIL_BYTES } from './image-format.ts';
import type { Seen } from './verify.ts';

/** Content that is all in memory. */
export class SeenWhole implements Seen {
	readonly #content: Buffer;
	#digests: Map<string, string> | undefined;

	constructor(content: Buffer) {
		this.#content = content;
	}

	get bytes(): number {
		return this.#content.length;
	}

	get head(): Buffer {
		return this.#content.subarray(0, HEAD_BYTES);
	}

	get tail(): Buffer {
		return this.#content.subarray(Math.max(0, this.bytes - TAIL_BYTES));
	}

	digestHex(algorithm: string): string {
		this.#digests ??= new Map();
		const hex = this.#digests.get(algorithm) ?? digestHex(algorithm, this.#content);
		this.#digests.set(algorithm, hex);
		return hex;
	}
}

/** Content that goes by in chunks: keeps its two ends, and digests of the rest. */
export class SeenInPassing implements Seen {
	bytes = 0;
	head: Buffer = Buffer.alloc(0);
	tail: Buffer = Buffer.alloc(0);
	readonly #digests: Digests;

	constructor(algorithms: Iterable<string>) {
		this.#digests = new Digests(algorithms);
	}

	update(chunk: Buffer): void {
		if (this.head.length < HEAD_BYTES) {
			this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_BYTES - this.head.length)]);
		}
		// Copied, so that 64 bytes do not keep the whole chunk alive.
		this.tail = Buffer.concat([this.tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
		this.bytes += chunk.length;
		this.#digests.update(chunk);
	}

	digestHex(algorithm: string): string | undefined {
		return this.#digests.hex(algorithm);
	}
}
