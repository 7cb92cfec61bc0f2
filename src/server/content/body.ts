import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Content to send: in memory, or read from a file while it is sent. Never mutated. */
export type Body = Buffer | FileBody;

const CHUNK_BYTES = 64 * 1024;

/** A part of a file that is too large to keep in memory. */
export class FileBody {
	readonly length: number;
	readonly #file: string;
	readonly #start: number;
	/** Replaced bytes by their offset in the file. */
	readonly #replacements: ReadonlyMap<number, number>;

	constructor(
		file: string,
		start: number,
		end: number,
		replacements: ReadonlyMap<number, number> = new Map(),
	) {
		this.#file = file;
		this.#start = start;
		this.#replacements = replacements;
		this.length = Math.max(0, end - start);
	}

	/** Like that of a Buffer, for non-negative offsets. */
	subarray(from = 0, to: number = this.length): FileBody {
		const end = this.#start + Math.min(to, this.length);
		return new FileBody(this.#file, Math.min(this.#start + from, end), end, this.#replacements);
	}

	/** A copy with other bytes at these offsets. */
	withBytes(bytes: ReadonlyMap<number, number>): FileBody {
		const replacements = Array.from(
			bytes,
			([offset, byte]) => [this.#start + offset, byte] as const,
		);
		const end = this.#start + this.length;
		return new FileBody(
			this.#file,
			this.#start,
			end,
			new Map([...this.#replacements, ...replacements]),
		);
	}

	/** Reads synchronously: use it for a few kilobytes only. */
	readSync(from: number, to: number): Buffer {
		const buffer = Buffer.alloc(Math.max(0, Math.min(to, this.length) - from));
		const descriptor = openSync(this.#file, 'r');
		try {
			const read = readSync(descriptor, buffer, 0, buffer.length, this.#start + from);
			return this.#applyReplacements(buffer.subarray(0, read), this.#start + from);
		} finally {
			closeSync(descriptor);
		}
	}

	/** @throws {Error} If the file was truncated meanwhile. */
	async *chunks(): AsyncGenerator<Buffer, void, undefined> {
		const file = await open(this.#file, 'r');
		try {
			const end = this.#start + this.length;
			for (let at = this.#start; at < end; ) {
				// A new buffer each time: the socket may still hold the last one.
				const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
				const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
				if (bytesRead === 0) {
					throw new Error(`the file has become shorter: ${this.#file}`);
				}
				yield this.#applyReplacements(chunk.subarray(0, bytesRead), at);
				at += bytesRead;
			}
		} finally {
			await file.close();
		}
	}

	#applyReplacements(bytes: Buffer, offset: number): Buffer {
		for (const [at, byte] of this.#replacements) {
			if (at >= offset && at < offset + bytes.length) {
				bytes[at - offset] = byte;
			}
		}
		return bytes;
	}
}

/** Reads synchronously: use it for a few kilobytes only. */
export function readBytes(body: Body, from: number, to: number): Buffer {
	return body instanceof FileBody ? body.readSync(from, to) : body.subarray(from, to);
}

/** Reads the whole body into memory. */
export async function readAll(body: Body): Promise<Buffer> {
	if (!(body instanceof FileBody)) {
		return body;
	}
	const chunks: Buffer[] = [];
	for await (const chunk of body.chunks()) {
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}
