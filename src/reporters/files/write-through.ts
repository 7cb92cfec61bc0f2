import {
	closeSync,
	constants,
	fchmodSync,
	fstatSync,
	ftruncateSync,
	openSync,
	readSync,
	write,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isCode } from '../../util/errors.ts';

const writeTo = promisify(write);

const CHUNK_BYTES = 65_536;
/** Retry interval for a pipe that has no reader or is full. */
const RETRY_MS = 20;
/** How long to wait for the reader of a pipe. */
const NO_READER_MS = 5000;
/** How long to wait for a reader or a full pipe after an interrupt, when the run must end within a second. */
const INTERRUPTED_MS = 200;

export interface WriteThrough {
	readonly source: number;
	readonly destination: string;
	/** New mode of a regular file. */
	readonly mode?: number | undefined;
	/** Shortens the wait for the reader of a pipe. */
	readonly signal?: AbortSignal | undefined;
}

/**
 * Copies a file into an existing destination: a device, a pipe, a mounted file. Waits for a full pipe as
 * long as it has a reader.
 *
 * @throws The system's error, also if a pipe has no reader for five seconds.
 */
export async function copyInto({ source, destination, mode, signal }: WriteThrough): Promise<void> {
	const ownFile = ownDescriptor(destination);
	const file = ownFile ?? (await openForWriting(pollable(destination), signal));
	try {
		if (ownFile === undefined && fstatSync(file).isFile()) {
			ftruncateSync(file);
			if (mode !== undefined) {
				fchmodSync(file, mode);
			}
		}
		const buffer = Buffer.alloc(CHUNK_BYTES);
		let position = 0;
		const read = () => readSync(source, buffer, 0, CHUNK_BYTES, position);
		for (let length = read(); length > 0; length = read()) {
			await writeAll(file, buffer.subarray(0, length), signal);
			position += length;
		}
	} finally {
		if (ownFile === undefined) {
			closeSync(file);
		}
	}
}

const STANDARD_STREAMS = new Map([
	['/dev/stdout', 1],
	['/dev/stderr', 2],
]);

/** Parses the descriptor in `/dev/stdout`, `/dev/fd/63` or `/proc/self/fd/1`. */
function descriptorOf(path: string): number | undefined {
	const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
	return number === undefined ? STANDARD_STREAMS.get(path) : Number(number);
}

/** An open descriptor that can be written at its position; undefined if the path must be opened. */
function ownDescriptor(path: string): number | undefined {
	const descriptor = descriptorOf(path);
	// A blocking write to a full pipe would occupy a thread and delay process exit.
	return descriptor === undefined || fstatSync(descriptor).isFIFO() ? undefined : descriptor;
}

/** A path that reopens an open pipe in non-blocking mode. */
function pollable(path: string): string {
	const descriptor = descriptorOf(path);
	return descriptor === undefined ? path : `/dev/fd/${descriptor}`;
}

/**
 * Opens an existing file in non-blocking mode: opening a pipe without a reader would otherwise block
 * forever.
 *
 * @throws The system's error, also if a pipe has no reader for five seconds.
 */
export async function openForWriting(
	path: string,
	signal: AbortSignal | undefined,
): Promise<number> {
	const startMs = performance.now();
	for (;;) {
		try {
			return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
		} catch (error) {
			if (!isCode(error, 'ENXIO')) {
				throw error;
			}
			if (performance.now() - startMs > timeoutMs(signal, NO_READER_MS)) {
				throw new Error('nothing reads this pipe', { cause: error });
			}
			await sleep(RETRY_MS);
		}
	}
}

async function writeAll(
	file: number,
	content: Buffer,
	signal: AbortSignal | undefined,
): Promise<void> {
	let startMs = performance.now();
	for (let written = 0; written < content.length; ) {
		try {
			const { bytesWritten } = await writeTo(file, content, written);
			written += bytesWritten;
			startMs = performance.now();
		} catch (error) {
			if (!isCode(error, 'EAGAIN')) {
				throw error;
			}
			if (performance.now() - startMs > timeoutMs(signal, Number.POSITIVE_INFINITY)) {
				throw new Error('the reader of this pipe did not read all of it', { cause: error });
			}
			await sleep(RETRY_MS);
		}
	}
}

function timeoutMs(signal: AbortSignal | undefined, usualMs: number): number {
	return signal?.aborted === true ? INTERRUPTED_MS : usualMs;
}
