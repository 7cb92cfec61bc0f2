import { pipeline, type Transform } from 'node:stream';
import type { Target } from '../../targets/target.ts';
import { DownloadError } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Coding } from './codings.ts';
import { Digests } from './content.ts';
import { algorithmsOf, type ContentChecks } from './verify.ts';

/** The decoded content of a response. An exchange is a body itself. */
export interface Body {
	/** Content bytes read so far. */
	readonly bytes: number;
	/** Whether the whole content has been read. */
	readonly isConsumed: boolean;
	/**
	 * @param atLeastBytes - Waits for this much, or the end.
	 * @returns Undefined after the last chunk.
	 */
	read(atLeastBytes?: number): Promise<Buffer[] | undefined>;
}

/** Content beyond `BOMB_BYTES` with a higher compression ratio is treated as a decompression bomb. */
const BOMB_RATIO = 1000;
const BOMB_BYTES = 64 * 1024 * 1024;

/** Decodes the content while it is read. */
export class DecodedBody implements Body {
	bytes = 0;
	isConsumed = false;
	/** Digests of the content before its content codings are removed, as `Repr-Digest` requires. */
	readonly encoded: Digests;
	readonly #chunks: AsyncGenerator<Buffer>;
	readonly #exchange: Exchange;
	readonly #target: Target;

	constructor(exchange: Exchange, checks: ContentChecks) {
		const { codings, target } = checks;
		this.#exchange = exchange;
		this.#target = target;
		this.encoded = new Digests(algorithmsOf(checks));
		const message = codings.transfer.reduce(this.#decode.bind(this), chunksOf(exchange));
		const encoded = updateDigests(message, this.encoded);
		this.#chunks = codings.content.reduce(this.#decode.bind(this), encoded);
	}

	/** @throws {DownloadError} `content_encoding`, `too_large`. @throws The error that cut the body short. */
	async read(atLeastBytes = 1): Promise<Buffer[] | undefined> {
		const chunks: Buffer[] = [];
		for (let bytes = 0; bytes < atLeastBytes; ) {
			const next = await this.#chunks.next();
			if (next.done === true) {
				this.isConsumed = true;
				break;
			}
			chunks.push(next.value);
			bytes += next.value.length;
			this.bytes += next.value.length;
			this.#checkGrowth();
		}
		return chunks.length === 0 ? undefined : chunks;
	}

	/** Destroys the decoders. */
	async close(): Promise<void> {
		await this.#chunks.return(undefined).catch(() => {});
	}

	#checkGrowth(): void {
		if (this.bytes > BOMB_BYTES && this.bytes > BOMB_RATIO * this.#exchange.bytes) {
			const message = `${this.#exchange.bytes} bytes that grow to more than ${this.bytes} when they are decoded`;
			throw new DownloadError(this.#target, message, { code: 'too_large' });
		}
	}

	async *#decode(source: AsyncGenerator<Buffer>, coding: Coding): AsyncGenerator<Buffer> {
		const first = await firstBytes(source);
		// An empty body stays empty, though no coding encodes empty content as zero bytes.
		if (first === undefined) {
			return;
		}
		const decoder = await createDecoder(coding, first, this.#target);
		// Errors surface in the iteration.
		pipeline(prepend(first, source), decoder, () => {});
		try {
			for await (const chunk of decoder) {
				yield chunk as Buffer;
			}
		} catch (error) {
			throw isDecoderError(error) ? this.#decodeError(coding, error) : error;
		}
	}

	#decodeError(coding: Coding, cause: Error): DownloadError {
		const message = `the content is encoded as ${coding} and cannot be decoded: ${cause.message}`;
		return new DownloadError(this.#target, message, { code: 'content_encoding', cause });
	}
}

async function* chunksOf(exchange: Exchange): AsyncGenerator<Buffer> {
	for (let chunks = await exchange.read(); chunks !== undefined; chunks = await exchange.read()) {
		yield* chunks;
	}
}

async function* updateDigests(
	source: AsyncGenerator<Buffer>,
	digests: Digests,
): AsyncGenerator<Buffer> {
	for await (const chunk of source) {
		digests.update(chunk);
		yield chunk;
	}
}

/** @returns At least two bytes if available, enough to distinguish the two variants of `deflate`. */
async function firstBytes(source: AsyncGenerator<Buffer>): Promise<Buffer | undefined> {
	const first = await source.next();
	if (first.done === true || first.value.length > 1) {
		return first.value as Buffer | undefined;
	}
	const second = await source.next();
	return second.done === true ? first.value : Buffer.concat([first.value, second.value]);
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
	yield first;
	yield* rest;
}

/** Imports zlib lazily: most runs never need it. */
async function createDecoder(coding: Coding, first: Buffer, target: Target): Promise<Transform> {
	const zlib = await import('node:zlib');
	switch (coding) {
		case 'gzip':
			return zlib.createGunzip();
		case 'deflate':
			return hasZlibHeader(first) ? zlib.createInflate() : zlib.createInflateRaw();
		case 'br':
			return zlib.createBrotliDecompress();
		case 'zstd': {
			const { createZstdDecompress } = zlib as Partial<ZlibWithZstd>;
			if (createZstdDecompress === undefined) {
				const message = 'encoded as zstd, which takes Node 22.15 or later; --raw keeps it as it is';
				throw new DownloadError(target, message, { code: 'unknown_coding' });
			}
			return createZstdDecompress();
		}
	}
}

interface ZlibWithZstd {
	createZstdDecompress(): Transform;
}

/** Servers send `deflate` with or without the required zlib header: RFC 9110, 8.4.1.2; RFC 1950. */
function hasZlibHeader(first: Buffer): boolean {
	return first.length > 1 && (first[0] ?? 0) % 16 === 8 && first.readUInt16BE(0) % 31 === 0;
}

/** Whether the code is one of zlib, Brotli or zstd. */
function isDecoderError(error: unknown): error is NodeJS.ErrnoException {
	const { code } = error as NodeJS.ErrnoException;
	return error instanceof Error && /^(?:Z_|ERR__|ERR_BROTLI|ZSTD_|ERR_ZSTD)/.test(code ?? '');
}
