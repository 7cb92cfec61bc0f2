import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isCode } from './errors.ts';

const PIECE_BYTES = 65_536;
/** A device may have no end. */
const MAX_BYTES = 64 * 1024 * 1024;
/** How often a pipe is tried that has nothing to read. */
const AGAIN_MS = 10;
/** How long a pipe may be without a writer. */
const NO_WRITER_MS = 1000;

/**
 * Reads the whole of a small file that the user has named, which may be a pipe.
 *
 * @throws The system's error; also if there is too much of it.
 */
export function readTextFile(path: string): string {
	// Opening a pipe that has no writer would never return.
	const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const isPipe = fstatSync(file).isFIFO();
		const startMs = performance.now();
		const pieces: Buffer[] = [];
		for (let bytes = 0; bytes <= MAX_BYTES; ) {
			const piece = readPiece(file);
			if (piece !== undefined && piece.length > 0) {
				pieces.push(piece);
				bytes += piece.length;
				continue;
			}
			const mayHaveWriter = isPipe && bytes === 0 && performance.now() - startMs < NO_WRITER_MS;
			if (piece !== undefined && !mayHaveWriter) {
				// Without the byte order mark that editors of Windows put in front.
				return new TextDecoder().decode(Buffer.concat(pieces));
			}
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
		}
		throw new Error(`it has more than ${MAX_BYTES / 1024 / 1024} MiB`);
	} finally {
		closeSync(file);
	}
}

/** @returns Empty at the end; undefined if there is nothing yet. */
function readPiece(file: number): Buffer | undefined {
	const buffer = Buffer.allocUnsafe(PIECE_BYTES);
	try {
		return buffer.subarray(0, readSync(file, buffer));
	} catch (error) {
		if (isCode(error, 'EAGAIN')) {
			return undefined;
		}
		throw error;
	}
}
