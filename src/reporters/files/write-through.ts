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

const PORTION_BYTES = 65_536;
/** How often a pipe is tried that has no reader, or is full. */
const AGAIN_MS = 20;
/** How long a pipe may be without a reader. */
const NO_READER_MS = 5000;
/** The same, and how long it may be full, once the run has been interrupted: it ends within a second. */
const INTERRUPTED_MS = 200;

export interface WriteThrough {
	readonly source: number;
	readonly destination: string;
	/** Of a regular file, from now on. */
	readonly mode?: number | undefined;
	/** Ends the waiting for the reader of a pipe. */
	readonly signal?: AbortSignal | undefined;
}

/**
 * Copies a file into what is there already: a device, a pipe, a mounted file. A pipe is waited for as
 * long as it has a reader.
 *
 * @throws The system's error; also if nothing reads a pipe for five seconds.
 */
export async function copyInto({ source, destination, mode, signal }: WriteThrough): Promise<void> {
	const own = ownDescriptor(destination);
	const file = own ?? (await openToWrite(pollable(destination), signal));
	try {
		if (own === undefined && fstatSync(file).isFile()) {
			ftruncateSync(file);
			if (mode !== undefined) {
				fchmodSync(file, mode);
			}
		}
		const buffer = Buffer.alloc(PORTION_BYTES);
		let position = 0;
		const read = () => readSync(source, buffer, 0, PORTION_BYTES, position);
		for (let length = read(); length > 0; length = read()) {
			await writeAll(file, buffer.subarray(0, length), signal);
			position += length;
		}
	} finally {
		if (own === undefined) {
			closeSync(file);
		}
	}
}

const STANDARD = new Map([
	['/dev/stdout', 1],
	['/dev/stderr', 2],
]);

/** Of this process: `/dev/stdout`, `/dev/fd/63`, `/proc/self/fd/1`. */
function descriptorOf(path: string): number | undefined {
	const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
	return number === undefined ? STANDARD.get(path) : Number(number);
}

/** An open file, which is written to where it stands; undefined if it has to be opened anew. */
function ownDescriptor(path: string): number | undefined {
	const descriptor = descriptorOf(path);
	// A write to a full pipe would hold a thread, and so the end of the process.
	return descriptor === undefined || fstatSync(descriptor).isFIFO() ? undefined : descriptor;
}

/** The name by which an open pipe can be opened once more, without waiting. */
function pollable(path: string): string {
	const descriptor = descriptorOf(path);
	return descriptor === undefined ? path : `/dev/fd/${descriptor}`;
}

/**
 * Opens what is there, without waiting in the system: a pipe without a reader would hold the process
 * for ever.
 *
 * @throws The system's error; also if nothing reads a pipe for five seconds.
 */
export async function openToWrite(path: string, signal: AbortSignal | undefined): Promise<number> {
	const startMs = performance.now();
	for (;;) {
		try {
			return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
		} catch (error) {
			if (!isCode(error, 'ENXIO')) {
				throw error;
			}
			if (performance.now() - startMs > patienceMs(signal, NO_READER_MS)) {
				throw new Error('nothing reads this pipe', { cause: error });
			}
			await sleep(AGAIN_MS);
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
			if (performance.now() - startMs > patienceMs(signal, Number.POSITIVE_INFINITY)) {
				throw new Error('what reads this pipe has not taken all of it', { cause: error });
			}
			await sleep(AGAIN_MS);
		}
	}
}

function patienceMs(signal: AbortSignal | undefined, usualMs: number): number {
	return signal?.aborted === true ? INTERRUPTED_MS : usualMs;
}
