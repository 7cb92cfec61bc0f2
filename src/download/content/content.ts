import { Digests, digestHex } from './digest.ts';
import { HEAD_BYTES, type ImageFormat } from './image-format.ts';
import type { Extent, Structure } from './image-structure.ts';
import type { Seen } from './verify.ts';

/** Content that is all in memory. */
export class BufferedContent implements Seen {
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

	extentAs(format: ImageFormat): Extent {
		const structure = format.structure();
		structure.update(this.#content);
		return structure.extent;
	}

	digestHex(algorithm: string): string {
		this.#digests ??= new Map();
		const hex = this.#digests.get(algorithm) ?? digestHex(algorithm, this.#content);
		this.#digests.set(algorithm, hex);
		return hex;
	}
}

/** Content that goes by in chunks: keeps its beginning, its structure and its digests. */
export class StreamedContent implements Seen {
	bytes = 0;
	head: Buffer = Buffer.alloc(0);
	readonly #structure: Structure | undefined;
	readonly #digests: Digests;

	constructor(algorithms: Iterable<string>, format?: ImageFormat) {
		this.#digests = new Digests(algorithms);
		this.#structure = format?.structure();
	}

	update(chunk: Buffer): void {
		if (this.head.length < HEAD_BYTES) {
			this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_BYTES - this.head.length)]);
		}
		this.#structure?.update(chunk);
		this.bytes += chunk.length;
		this.#digests.update(chunk);
	}

	extentAs(): Extent {
		return this.#structure?.extent ?? 'unknown';
	}

	digestHex(algorithm: string): string | undefined {
		return this.#digests.digestHex(algorithm);
	}
}
