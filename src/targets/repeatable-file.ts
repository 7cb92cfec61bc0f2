import { type FileHandle, open } from 'node:fs/promises';
import { CannotRunError } from '../util/cannot-run-error.ts';
import { isSystemError } from '../util/system-error.ts';
import { UsageError } from '../util/usage-error.ts';

/** What is made of a piece lives until all of it is used up: a longer one outlives the young generation. */
const PIECE_BYTES = 65_536;

/**
 * A file that gives the same bytes each time it is read, or an error: what has been checked is what
 * is used. The first reading ends where the file ended when it was opened; later ones go no further,
 * and compare each piece with its checksum before they give it.
 */
export class RepeatableFile {
	readonly #path: string;
	readonly #name: string;
	/** CRC-32 of each piece that was read. */
	readonly #checksums: number[] = [];
	#bytes = 0;
	#isRead = false;

	/** @param name - What messages call it. */
	constructor(path: string, name: string) {
		this.#path = path;
		this.#name = name;
	}

	/**
	 * @throws {UsageError} If it cannot be read at first.
	 * @throws {CannotRunError} If it cannot be read again, or is no longer the same.
	 */
	async *read(): AsyncGenerator<Buffer, void, undefined> {
		const again = this.#isRead;
		this.#isRead = true;
		try {
			yield* again ? this.#readAgain() : this.#readFirst();
		} catch (error) {
			if (error instanceof CannotRunError || !isSystemError(error)) {
				throw error;
			}
			if (!again) {
				throw new UsageError(`cannot read ${this.#name}: ${error.message}`, { cause: error });
			}
			const message = `cannot read ${this.#name} again, after it has been checked: ${error.message}`;
			throw new CannotRunError(message, { cause: error });
		}
	}

	async *#readFirst(): AsyncGenerator<Buffer, void, undefined> {
		const { crc32 } = await import('node:zlib');
		const file = await open(this.#path);
		try {
			const { size } = await file.stat();
			// Files of the system, as in /proc, say 0.
			const endBytes = size === 0 ? Number.POSITIVE_INFINITY : size;
			while (this.#bytes < endBytes) {
				const piece = await readPiece(file, this.#bytes, endBytes);
				if (piece.length === 0) {
					return;
				}
				this.#checksums.push(crc32(piece));
				this.#bytes += piece.length;
				yield piece;
			}
		} finally {
			await file.close();
		}
	}

	async *#readAgain(): AsyncGenerator<Buffer, void, undefined> {
		const { crc32 } = await import('node:zlib');
		const file = await open(this.#path);
		try {
			for (const [index, checksum] of this.#checksums.entries()) {
				const startBytes = index * PIECE_BYTES;
				const piece = await readPiece(file, startBytes, this.#bytes);
				if (crc32(piece) !== checksum) {
					throw new CannotRunError(
						`${this.#name} has changed since it was checked, at byte ${startBytes + 1} or after; allowed: appending to it. Run the command again`,
					);
				}
				yield piece;
			}
		} finally {
			await file.close();
		}
	}
}

/** Shorter than a piece only at the end: a single read may give less. */
async function readPiece(file: FileHandle, startBytes: number, endBytes: number): Promise<Buffer> {
	const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, endBytes - startBytes));
	let filled = 0;
	while (filled < piece.length) {
		const { bytesRead } = await file.read(
			piece,
			filled,
			piece.length - filled,
			startBytes + filled,
		);
		if (bytesRead === 0) {
			break;
		}
		filled += bytesRead;
	}
	return piece.subarray(0, filled);
}
