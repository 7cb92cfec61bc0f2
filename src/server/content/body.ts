import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Content that is sent: in memory, or read from a file as it is sent. Never changed. */
export type Body = Buffer | FileBody;

const CHUNK_BYTES = 64 * 1024;

/** A part of a file that is too large to be kept in memory. */
export class FileBody {
	readonly length: number;
	readonly #file: string;
	readonly #start: number;
	/** Bytes that differ from those of the file, by their place in it. */
	readonly #edits: ReadonlyMap<number, number>;

	constructor(
		file: string,
		start: number,
		end: number,
		edits: ReadonlyMap<number, number> = new Map(),
	) {
		this.#file = file;
		this.#start = start;
		this.#edits = edits;
		this.length = Math.max(0, end - start);
	}

	/** As of a Buffer, for places that are not negative. */
	subarray(from = 0, to: number = this.length): FileBody {
		const end = this.#start + Math.min(to, this.length);
		return new FileBody(this.#file, Math.min(this.#start + from, end), end, this.#edits);
	}

	/** The same with other bytes at these places. */
	withBytes(bytes: ReadonlyMap<number, number>): FileBody {
		const edits = Array.from(bytes, ([place, byte]) => [this.#start + place, byte] as const);
		const end = this.#start + this.length;
		return new FileBody(this.#file, this.#start, end, new Map([...this.#edits, ...edits]));
	}

	/** Some bytes at once. Blocks: for a few kilobytes. */
	readSync(from: number, to: number): Buffer {
		const wanted = Buffer.alloc(Math.max(0, Math.min(to, this.length) - from));
		const descriptor = openSync(this.#file, 'r');
		try {
			const read = readSync(descriptor, wanted, 0, wanted.length, this.#start + from);
			return this.#edited(wanted.subarray(0, read), this.#start + from);
		} finally {
			closeSync(descriptor);
		}
	}

	/** @throws {Error} If the file has become shorter. */
	async *chunks(): AsyncGenerator<Buffer, void, undefined> {
		const file = await open(this.#file, 'r');
		try {
			const end = this.#start + this.length;
			for (let at = this.#start; at < end; ) {
				// A new one each time: the last one may still wait in the socket.
				const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
				const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
				if (bytesRead === 0) {
					throw new Error(`the file has become shorter: ${this.#file}`);
				}
				yield this.#edited(chunk.subarray(0, bytesRead), at);
				at += bytesRead;
			}
		} finally {
			await file.close();
		}
	}

	#edited(bytes: Buffer, place: number): Buffer {
		for (const [at, byte] of this.#edits) {
			if (at >= place && at < place + bytes.length) {
				bytes[at - place] = byte;
			}
		}
		return bytes;
	}
}

/** Some bytes of it: for a few kilobytes. */
export function readBytes(body: Body, from: number, to: number): Buffer {
	return body instanceof FileBody ? body.readSync(from, to) : body.subarray(from, to);
}

/** All of it, in memory. */
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
