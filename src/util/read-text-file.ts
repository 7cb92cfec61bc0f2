import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isCode } from './errors.ts';

const CHUNK_BYTES = 65_536;
/** Guards against endless devices. */
const MAX_BYTES = 64 * 1024 * 1024;
/** How often an empty pipe is polled. */
const POLL_INTERVAL_MS = 10;
/** How long a pipe may be without a writer. */
const WRITER_TIMEOUT_MS = 1000;

/**
 * Reads a small file named by the user, which may be a pipe.
 *
 * @throws The system's error; also if the file is too large.
 */
export function readTextFile(path: string): string {
	// Without O_NONBLOCK, opening a pipe without a writer would block forever.
	const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const isPipe = fstatSync(file).isFIFO();
		const startMs = performance.now();
		const chunks: Buffer[] = [];
		for (let bytes = 0; bytes <= MAX_BYTES; ) {
			const chunk = readChunk(file);
			if (chunk !== undefined && chunk.length > 0) {
				chunks.push(chunk);
				bytes += chunk.length;
				continue;
			}
			const mayHaveWriter =
				isPipe && bytes === 0 && performance.now() - startMs < WRITER_TIMEOUT_MS;
			if (chunk !== undefined && !mayHaveWriter) {
				// Drops the byte order mark that editors on Windows write.
				return new TextDecoder().decode(Buffer.concat(chunks));
			}
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_INTERVAL_MS);
		}
		throw new Error(`it has more than ${MAX_BYTES / 1024 / 1024} MiB`);
	} finally {
		closeSync(file);
	}
}

/** @returns Empty at the end of the file; undefined if no data is available yet. */
function readChunk(file: number): Buffer | undefined {
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	try {
		return buffer.subarray(0, readSync(file, buffer));
	} catch (error) {
		if (isCode(error, 'EAGAIN')) {
			return undefined;
		}
		throw error;
	}
}
