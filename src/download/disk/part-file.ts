import {
	accessSync,
	closeSync,
	constants,
	futimesSync,
	openSync,
	renameSync,
	writeSync,
} from 'node:fs';
import { copyFile, type FileHandle, lstat, open, rename, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';
import { makeDirectory } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';
import { nowMs } from '../outcome.ts';
import type { PartsDirectory } from './parts-directory.ts';
import { removeQuietly } from './sweep.ts';

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
 *
 * @param modifiedMs - The time that the file is to have; absent: that of its writing.
 */
export function saveSmall(
	dest: string,
	content: Buffer,
	parts: PartsDirectory,
	modifiedMs?: number,
): void {
	const part = parts.createPath(dest);
	try {
		try {
			writeNew(part, content, modifiedMs);
		} catch (error) {
			if (!isMissing(error)) {
				throw error;
			}
			parts.make(dest);
			writeNew(part, content, modifiedMs);
		}
		renameTo(part, dest);
		parts.lastWriteMs = nowMs();
	} catch (error) {
		removeQuietly(part);
		if (!isCode(error, 'EXDEV') || !parts.moveBeside(dest)) {
			throw error;
		}
		saveSmall(dest, content, parts, modifiedMs);
	}
}

/** As `writeFileSync`, without its way through options and encodings. */
function writeNew(path: string, content: Buffer, modifiedMs: number | undefined): void {
	const file = openSync(path, CREATE_TO_WRITE);
	try {
		for (let written = 0; written < content.length; ) {
			written += writeSync(file, content, written);
		}
		if (modifiedMs !== undefined) {
			setModified(file, modifiedMs);
		}
	} finally {
		closeSync(file);
	}
}

/** Not every file system keeps times; the file is whole without. */
function setModified(file: number, modifiedMs: number): void {
	try {
		futimesSync(file, modifiedMs / 1000, modifiedMs / 1000);
	} catch {
		// It has the time of its writing.
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

/**
 * A file that is being written, under a name of its own until it is whole.
 *
 * *Fluent Python*, 18.4: `run_in_executor` for what blocks; Node.js writes files in its thread pool.
 */
export class PartFile {
	readonly #path: string;
	readonly #file: FileHandle;
	readonly #parts: PartsDirectory;

	private constructor(path: string, file: FileHandle, parts: PartsDirectory) {
		this.#path = path;
		this.#file = file;
		this.#parts = parts;
	}

	/** @throws The system's error; also if the final name could not be given. */
	static async create(dest: string, parts: PartsDirectory): Promise<PartFile> {
		checkWritable(dirname(dest));
		const path = parts.createPath(dest);
		try {
			return new PartFile(path, await open(path, CREATE_TO_READ_AND_WRITE), parts);
		} catch (error) {
			if (!isMissing(error)) {
				throw error;
			}
			parts.make(dest);
			return new PartFile(path, await open(path, CREATE_TO_READ_AND_WRITE), parts);
		}
	}

	/**
	 * Takes a kept part; of several runs only one can.
	 *
	 * @returns Undefined if another run was faster, or it is no regular file of this user with one name.
	 */
	static async claim(
		kept: string,
		dest: string,
		parts: PartsDirectory,
	): Promise<PartFile | undefined> {
		let file: FileHandle | undefined;
		try {
			file = await open(kept, REOPEN);
			const opened = await file.stat();
			if (opened.isFile() && opened.nlink === 1 && isOwnUser(opened.uid)) {
				parts.make(dest);
				const path = parts.createPath(dest);
				await rename(kept, path);
				// Another run may have put one of its own there in between.
				if ((await lstat(path)).ino === opened.ino) {
					return new PartFile(path, file, parts);
				}
				await unlink(path);
			}
		} catch {
			// It stays where it is, or is another run's.
		}
		await file?.close();
		return undefined;
	}

	get descriptor(): number {
		return this.#file.fd;
	}

	/** @param positionBytes - Where in the file the chunks go. */
	async write(chunks: readonly Buffer[], positionBytes: number): Promise<void> {
		const { bytesWritten } = await this.#file.writev(chunks, positionBytes);
		this.#parts.lastWriteMs = nowMs();
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

	/**
	 * Closes the file and gives it its final name, replacing what has it.
	 *
	 * @param modifiedMs - The time that it is to have; absent: that of its writing.
	 */
	async moveTo(dest: string, modifiedMs?: number): Promise<void> {
		if (modifiedMs !== undefined) {
			setModified(this.#file.fd, modifiedMs);
		}
		await this.#file.close();
		try {
			await this.#rename(dest);
		} catch (error) {
			if (!isCode(error, 'EXDEV')) {
				throw error;
			}
			await this.#copyTo(dest, modifiedMs);
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
	async #copyTo(dest: string, modifiedMs: number | undefined): Promise<void> {
		this.#parts.moveBeside(dest);
		this.#parts.make(dest);
		const copy = this.#parts.createPath(dest);
		try {
			await copyFile(this.#path, copy, constants.COPYFILE_EXCL);
			if (modifiedMs !== undefined) {
				await utimes(copy, modifiedMs / 1000, modifiedMs / 1000).catch(() => {});
			}
			await rename(copy, dest);
		} catch (error) {
			removeQuietly(copy);
			throw error;
		}
		removeQuietly(this.#path);
	}
}

/** Before all of the content is fetched. A directory that is not there yet is made with the final name. */
function checkWritable(directory: string): void {
	try {
		accessSync(directory, constants.W_OK | constants.X_OK);
	} catch (error) {
		if (!isCode(error, 'ENOENT')) {
			throw error;
		}
	}
}

/** There is no folder yet; `make` says what is there in its place. */
function isMissing(error: unknown): boolean {
	return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR');
}

function isOwnUser(uid: number): boolean {
	// Windows knows no users of this kind.
	return geteuid === undefined || uid === geteuid();
}
