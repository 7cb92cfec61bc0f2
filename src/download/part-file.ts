import { closeSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { randomSuffix } from '../util/random-suffix.ts';

/** Longest name of a file on the usual file systems. */
const NAME_BYTES = 255;

/** Random once for each thread, then counted: random bytes for each file cost as much as its rename. */
const OWN = `${randomSuffix()}-`;
let names = 0;

/**
 * A name that no other download has, in the folder of the file: only there is renaming atomic.
 *
 * `<name>.<random>.part`, with the name cut where the whole would be too long.
 */
export function partPath(dest: string): string {
	names += 1;
	const suffix = `.${OWN}${names.toString(36)}.part`;
	const name = basename(dest);
	const fits = Buffer.byteLength(name) + suffix.length <= NAME_BYTES;
	return fits ? dest + suffix : join(dirname(dest), suffix.slice(1));
}

/**
 * Writes a small file in one go: part file, then rename.
 *
 * Synchronous on purpose: for a few kilobytes the four trips to the thread pool cost more than the
 * writing. Large content goes through `PartFile`.
 */
export function saveSmall(dest: string, content: Buffer): void {
	const part = partPath(dest);
	try {
		try {
			writeNew(part, content);
		} catch (error) {
			if (!isCode(error, 'ENOENT')) {
				throw error;
			}
			mkdirSync(dirname(dest), { recursive: true });
			writeNew(part, content);
		}
		renameSync(part, dest);
	} catch (error) {
		removeQuietly(part);
		throw error;
	}
}

/** As `writeFileSync`, without its way through options and encodings. */
function writeNew(path: string, content: Buffer): void {
	const file = openSync(path, 'wx');
	try {
		for (let written = 0; written < content.length; ) {
			written += writeSync(file, content, written);
		}
	} finally {
		closeSync(file);
	}
}

/** A file that is being written, under a name of its own until it is whole. */
export class PartFile {
	readonly path: string;
	readonly #file: FileHandle;

	private constructor(path: string, file: FileHandle) {
		this.path = path;
		this.#file = file;
	}

	static async create(dest: string): Promise<PartFile> {
		const path = partPath(dest);
		try {
			return new PartFile(path, await open(path, 'wx+'));
		} catch (error) {
			if (!isCode(error, 'ENOENT')) {
				throw error;
			}
			await mkdir(dirname(dest), { recursive: true });
			return new PartFile(path, await open(path, 'wx+'));
		}
	}

	/** Goes on with a file that is there. */
	static async reopen(path: string): Promise<PartFile> {
		return new PartFile(path, await open(path, 'r+'));
	}

	/** @param positionBytes - Where in the file the chunks go. */
	async write(chunks: readonly Buffer[], positionBytes: number): Promise<void> {
		const { bytesWritten } = await this.#file.writev(chunks, positionBytes);
		const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
		// A full disk may take a part first, and object to the rest.
		if (bytesWritten < bytes) {
			const rest = Buffer.concat(chunks).subarray(bytesWritten);
			await this.write([rest], positionBytes + bytesWritten);
		}
	}

	async read(buffer: Buffer, positionBytes: number): Promise<number> {
		const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, positionBytes);
		return bytesRead;
	}

	async truncate(sizeBytes: number): Promise<void> {
		await this.#file.truncate(sizeBytes);
	}

	/** Closes the file and gives it this name, replacing what has it. */
	async moveTo(path: string): Promise<void> {
		await this.#file.close();
		await rename(this.path, path);
	}

	async discard(): Promise<void> {
		await this.#file.close().catch(() => {});
		await unlink(this.path).catch(() => {});
	}
}

export function isCode(error: unknown, code: string): boolean {
	return error instanceof Error && 'code' in error && error.code === code;
}

function removeQuietly(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// It was never made.
	}
}
