import { pipeline, type Transform } from 'node:stream';
import type { Target } from '../../targets/target.ts';
import { DownloadError } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Coding } from './codings.ts';
import { Digests } from './content.ts';
import { algorithmsOf, type ContentChecks } from './verify.ts';

/** The content of a response, its codings undone. An exchange is one itself. */
export interface Body {
	/** Of the content, so far. */
	readonly bytes: number;
	/** Whether it is whole, and all of it was taken. */
	readonly isConsumed: boolean;
	/**
	 * @param atLeastBytes - Waits for so much, or the end.
	 * @returns Undefined after the last chunk.
	 */
	read(atLeastBytes?: number): Promise<Buffer[] | undefined>;
}

/** Content beyond `BOMB_BYTES` that is more than this times what was received is no file but a bomb. */
const BOMB_RATIO = 1000;
const BOMB_BYTES = 64 * 1024 * 1024;

/** Undoes codings as the content is read. */
export class DecodedBody implements Body {
	bytes = 0;
	isConsumed = false;
	/** Of the content before its content codings are undone: what `Repr-Digest` is of. */
	readonly encoded: Digests;
	readonly #chunks: AsyncGenerator<Buffer>;
	readonly #exchange: Exchange;
	readonly #target: Target;

	constructor(exchange: Exchange, checks: ContentChecks) {
		const { codings, target } = checks;
		this.#exchange = exchange;
		this.#target = target;
		this.encoded = new Digests(algorithmsOf(checks));
		const message = codings.transfer.reduce(this.#decode.bind(this), received(exchange));
		const encoded = hashed(message, this.encoded);
		this.#chunks = codings.content.reduce(this.#decode.bind(this), encoded);
	}

	/** @throws {DownloadError} `content_encoding`, `too_large`; @throws What cut the body short. */
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

	/** Ends the decoders. */
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
		const first = await beginning(source);
		// Nothing is nothing in every coding.
		if (first === undefined) {
			return;
		}
		const decoder = await createDecoder(coding, first, this.#target);
		// Errors arrive at the iteration.
		pipeline(following(first, source), decoder, () => {});
		try {
			for await (const chunk of decoder) {
				yield chunk as Buffer;
			}
		} catch (error) {
			throw isOfDecoder(error) ? this.#broken(coding, error) : error;
		}
	}

	#broken(coding: Coding, cause: Error): DownloadError {
		const message = `the content is encoded as ${coding} and cannot be decoded: ${cause.message}`;
		return new DownloadError(this.#target, message, { code: 'content_encoding', cause });
	}
}

async function* received(exchange: Exchange): AsyncGenerator<Buffer> {
	for (let chunks = await exchange.read(); chunks !== undefined; chunks = await exchange.read()) {
		yield* chunks;
	}
}

async function* hashed(source: AsyncGenerator<Buffer>, digests: Digests): AsyncGenerator<Buffer> {
	for await (const chunk of source) {
		digests.update(chunk);
		yield chunk;
	}
}

/** @returns At least the two bytes that tell one kind of `deflate` from the other, if there are as many. */
async function beginning(source: AsyncGenerator<Buffer>): Promise<Buffer | undefined> {
	const first = await source.next();
	if (first.done === true || first.value.length > 1) {
		return first.value as Buffer | undefined;
	}
	const second = await source.next();
	return second.done === true ? first.value : Buffer.concat([first.value, second.value]);
}

async function* following(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
	yield first;
	yield* rest;
}

/** Loaded when it is needed: most runs meet no coding. */
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
			const { createZstdDecompress } = zlib as Partial<ZstdOfNewerNode>;
			if (createZstdDecompress === undefined) {
				const message = 'encoded as zstd, which takes Node 22.15 or later; --raw keeps it as it is';
				throw new DownloadError(target, message, { code: 'unknown_coding' });
			}
			return createZstdDecompress();
		}
	}
}

interface ZstdOfNewerNode {
	createZstdDecompress(): Transform;
}

/** Servers send `deflate` with and without the header that it should have: RFC 9110, 8.4.1.2; RFC 1950. */
function hasZlibHeader(first: Buffer): boolean {
	return first.length > 1 && (first[0] ?? 0) % 16 === 8 && first.readUInt16BE(0) % 31 === 0;
}

/** By the codes of zlib, Brotli and zstd. */
function isOfDecoder(error: unknown): error is NodeJS.ErrnoException {
	const { code } = error as NodeJS.ErrnoException;
	return error instanceof Error && /^(?:Z_|ERR__|ERR_BROTLI|ZSTD_|ERR_ZSTD)/.test(code ?? '');
}
