import { Digests, digestHex } from './digest.ts';
import { HEAD_BYTES, TAIL_BYTES } from './image-format.ts';
import type { Seen } from './verify.ts';

/** Content that is all in memory. */
export function seenWhole(content: Buffer): Seen {
	const known = new Map<string, string>();
	return {
		bytes: content.length,
		head: content.subarray(0, HEAD_BYTES),
		tail: content.subarray(Math.max(0, content.length - TAIL_BYTES)),
		digestHex(algorithm) {
			const hex = known.get(algorithm) ?? digestHex(algorithm, content);
			known.set(algorithm, hex);
			return hex;
		},
	};
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
