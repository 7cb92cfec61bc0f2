import { closeSync, constants, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { copyFile, type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getuid } from 'node:process';
import { isCode, makeDirectory } from '../../util/make-directory.ts';
import type { PartsDirectory } from './parts-directory.ts';

/** A new file and no other: what is there is never written to, a link is never followed. */
const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CREATE_TO_WRITE = CREATE | constants.O_WRONLY;
const CREATE_TO_READ_AND_WRITE = CREATE | constants.O_RDWR;
const REOPEN = constants.O_RDWR | constants.O_NOFOLLOW;

/**
 * Writes a small file in one go: part, then rename.
 *
 * Synchronous on purpose: for a few kilobytes the four trips to the thread pool cost more than the
 * writing. Large content goes through `PartFile`.
 */
export function saveSmall(dest: string, content: Buffer, parts: PartsDirectory): void {
	const part = parts.createPath(dest);
	try {
		try {
			writeNew(part, content);
		} catch (error) {
			if (!isCode(error, 'ENOENT')) {
				throw error;
			}
			parts.make(dest);
			writeNew(part, content);
		}
		renameTo(part, dest);
	} catch (error) {
		removeQuietly(part);
		if (!isCode(error, 'EXDEV')) {
			throw error;
		}
		parts.moveBeside(dest);
		saveSmall(dest, content, parts);
	}
}

/** As `writeFileSync`, without its way through options and encodings. */
function writeNew(path: string, content: Buffer): void {
	const file = openSync(path, CREATE_TO_WRITE);
	try {
		for (let written = 0; written < content.length; ) {
			written += writeSync(file, content, written);
		}
	} finally {
		closeSync(file);
	}
}

function renameTo(part: string, dest: string): void {
	try {
		renameSync(part, dest);
	} catch (error) {
		if (!isCode(error, 'ENOENT')) {
			throw error;
		}
		makeDirectory(dirname(dest));
		renameSync(part, dest);
	}
}

/** A file that is being written, under a name of its own until it is whole. */
export class PartFile {
	readonly #path: string;
	readonly #file: FileHandle;
	readonly #parts: PartsDirectory;

	private constructor(path: string, file: FileHandle, parts: PartsDirectory) {
		this.#path = path;
		this.#file = file;
		this.#parts = parts;
	}

	static async create(dest: string, parts: PartsDirectory): Promise<PartFile> {
		const path = parts.createPath(dest);
		try {
			return new PartFile(path, await open(path, CREATE_TO_READ_AND_WRITE), parts);
		} catch (error) {
			if (!isCode(error, 'ENOENT')) {
				throw error;
			}
			parts.make(dest);
			return new PartFile(path, await open(path, CREATE_TO_READ_AND_WRITE), parts);
		}
	}

	/**
	 * Takes a kept part; of several runs only one can.
	 *
	 * @throws The system's error, or if it is no regular file of this user with one name.
	 */
	static async claim(kept: string, dest: string, parts: PartsDirectory): Promise<PartFile> {
		parts.make(dest);
		const path = parts.createPath(dest);
		await rename(kept, path);
		const file = await open(path, REOPEN);
		const found = await file.stat();
		const isOurs = found.isFile() && found.nlink === 1 && isOwnUser(found.uid);
		const part = new PartFile(path, file, parts);
		if (!isOurs) {
			await part.discard();
			throw new Error(`not a part of flagdl: ${kept}`);
		}
		return part;
	}

	get descriptor(): number {
		return this.#file.fd;
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

	/** Closes the file and gives it its final name, replacing what has it. */
	async moveTo(dest: string): Promise<void> {
		await this.#file.close();
		try {
			await this.#rename(dest);
		} catch (error) {
			if (!isCode(error, 'EXDEV')) {
				throw error;
			}
			await this.#copyTo(dest);
		}
	}

	async #rename(dest: string): Promise<void> {
		try {
			await rename(this.#path, dest);
		} catch (error) {
			if (!isCode(error, 'ENOENT')) {
				throw error;
			}
			makeDirectory(dirname(dest));
			await rename(this.#path, dest);
		}
	}

	/** Closes the file and keeps it for a later attempt. */
	async keepAs(path: string): Promise<void> {
		await this.#file.close();
		await rename(this.#path, path);
	}

	async discard(): Promise<void> {
		await this.#file.close().catch(() => {});
		await unlink(this.#path).catch(() => {});
	}

	/** To another file system: under a name of its own there, then renamed. */
	async #copyTo(dest: string): Promise<void> {
		this.#parts.moveBeside(dest);
		this.#parts.make(dest);
		const copy = this.#parts.createPath(dest);
		try {
			await copyFile(this.#path, copy, constants.COPYFILE_EXCL);
			await rename(copy, dest);
		} catch (error) {
			removeQuietly(copy);
			throw error;
		}
		removeQuietly(this.#path);
	}
}

function isOwnUser(uid: number): boolean {
	// Windows knows no users of this kind.
	return getuid === undefined || uid === getuid();
}

function removeQuietly(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// It was never made.
	}
}
