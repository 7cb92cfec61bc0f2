import { createHash, type Hash, hash } from 'node:crypto';
import { HEAD_BYTES, type ImageFormat } from './image-format.ts';
import type { Extent, Structure } from './image-structure.ts';

/** The properties of received content that are verified. */
export interface ReceivedContent extends Digested {
	/** The first `HEAD_BYTES` bytes. */
	readonly head: Buffer;
	/** Where the content ends, parsed as an image of the expected format. */
	extentAs(format: ImageFormat): Extent;
}

/** Content with digests. */
export interface Digested {
	readonly bytes: number;
	/** Lower-case hexadecimal; undefined if the algorithm was not requested. */
	digestHex(algorithm: string): string | undefined;
}

/** Content that is entirely in memory. */
export class BufferedContent implements ReceivedContent {
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
		const hex = this.#digests.get(algorithm) ?? hash(algorithm, this.#content);
		this.#digests.set(algorithm, hex);
		return hex;
	}
}

/** Content received in chunks: keeps its first bytes, its structure and its digests. */
export class StreamedContent implements ReceivedContent {
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

/** Algorithms of RFC 9530 that are suitable for integrity, strongest first. */
const ALGORITHMS = [
	{ name: 'sha-512', algorithm: 'sha512', bytes: 64 },
	{ name: 'sha-256', algorithm: 'sha256', bytes: 32 },
] as const;

export interface ExpectedDigest {
	readonly algorithm: 'sha256' | 'sha512';
	/** Base64. */
	readonly value: string;
}

/**
 * Parses `Repr-Digest`.
 *
 * @returns The strongest digest in it; undefined if there is no usable one. A malformed header is the
 *   server's fault and must not fail a download.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9530#section-3 | RFC 9530, section 3}
 */
export function parseReprDigest(header: string | undefined): ExpectedDigest | undefined {
	if (header === undefined) {
		return undefined;
	}
	for (const { name, algorithm, bytes } of ALGORITHMS) {
		const member = new RegExp(`(?:^|,)[ \\t]*${name}=:([A-Za-z0-9+/]+={0,2}):[ \\t]*(?:[;,]|$)`);
		const value = member.exec(header)?.[1];
		if (value !== undefined && Buffer.from(value, 'base64').length === bytes) {
			return { algorithm, value };
		}
	}
	return undefined;
}

/** Computes digests of content received in chunks, for the requested algorithms. */
export class Digests {
	bytes = 0;
	readonly #hashes = new Map<string, Hash>();
	readonly #results = new Map<string, Buffer>();

	constructor(algorithms: Iterable<string>) {
		for (const algorithm of algorithms) {
			this.#hashes.set(algorithm, createHash(algorithm));
		}
	}

	update(chunk: Buffer): void {
		this.bytes += chunk.length;
		for (const digest of this.#hashes.values()) {
			digest.update(chunk);
		}
	}

	/** Lower-case hexadecimal; undefined if the algorithm was not requested. */
	digestHex(algorithm: string): string | undefined {
		const done = this.#results.get(algorithm) ?? this.#hashes.get(algorithm)?.digest();
		if (done !== undefined) {
			this.#results.set(algorithm, done);
		}
		return done?.toString('hex');
	}
}

export function base64ToHex(base64: string): string {
	return Buffer.from(base64, 'base64').toString('hex');
}
