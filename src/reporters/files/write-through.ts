import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isCode } from '../../util/errors.ts';

const writeTo = promisify(write);

const PORTION_BYTES = 65_536;
/** How often a pipe is tried that has no reader yet, or is full. */
const AGAIN_MS = 20;
/** How long a pipe may be without a reader, or full. A run that was interrupted ends before. */
const PATIENCE_MS = 5000;

/**
 * Copies a file into what is there already: a device, a pipe, a mounted file.
 *
 * @throws The system's error; also if nothing reads a pipe for five seconds.
 */
export async function copyInto(destination: string, source: string): Promise<void> {
	const own = ownDescriptor(destination);
	const file = own ?? (await openToWrite(destination));
	const from = openSync(source, 'r');
	try {
		if (own === undefined && fstatSync(file).isFile()) {
			ftruncateSync(file);
		}
		const buffer = Buffer.alloc(PORTION_BYTES);
		for (let read = readSync(from, buffer); read > 0; read = readSync(from, buffer)) {
			await writeAll(file, buffer.subarray(0, read));
		}
	} finally {
		closeSync(from);
		if (own === undefined) {
			closeSync(file);
		}
	}
}

const STANDARD = new Map([
	['/dev/stdout', 1],
	['/dev/stderr', 2],
]);

/** An open file of this process: it is written to where it stands, and may be a socket. */
function ownDescriptor(path: string): number | undefined {
	const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
	return number === undefined ? STANDARD.get(path) : Number(number);
}

/** Without waiting in the system: a pipe without a reader would hold the process for ever. */
async function openToWrite(destination: string): Promise<number> {
	const endMs = performance.now() + PATIENCE_MS;
	for (;;) {
		try {
			return openSync(destination, constants.O_WRONLY | constants.O_NONBLOCK);
		} catch (error) {
			if (!isCode(error, 'ENXIO')) {
				throw error;
			}
			if (performance.now() > endMs) {
				throw new Error('nothing reads this pipe', { cause: error });
			}
			await sleep(AGAIN_MS);
		}
	}
}

async function writeAll(file: number, content: Buffer): Promise<void> {
	let endMs = performance.now() + PATIENCE_MS;
	for (let written = 0; written < content.length; ) {
		try {
			const { bytesWritten } = await writeTo(file, content, written);
			written += bytesWritten;
			endMs = performance.now() + PATIENCE_MS;
		} catch (error) {
			if (!isCode(error, 'EAGAIN') || performance.now() > endMs) {
				throw error;
			}
			await sleep(AGAIN_MS);
		}
	}
}
