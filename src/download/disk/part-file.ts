import { accessSync, constants, futimesSync } from 'node:fs';
import { copyFile, type FileHandle, lstat, open, rename, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';
import { makeDirectory, removeQuietly } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';
import { nowMs } from '../outcome.ts';
import type { PartsDirectory } from './parts-directory.ts';

/** A new file and no other: what is there is never written to, a link is never followed. */
export const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CREATE_TO_READ_AND_WRITE = CREATE | constants.O_RDWR;
const PIECE_BYTES = 256 * 1024;
const REOPEN = constants.O_RDWR | constants.O_NOFOLLOW;

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

	/** Reads what is there, up to this size. @throws If it is not as much. */
	async read(sizeBytes: number, onChunk: (chunk: Buffer) => void): Promise<void> {
		const buffer = Buffer.alloc(PIECE_BYTES);
		for (let position = 0; position < sizeBytes; ) {
			const length = Math.min(PIECE_BYTES, sizeBytes - position);
			const { bytesRead } = await this.#file.read(buffer, 0, length, position);
			if (bytesRead === 0) {
				throw new Error('the part is shorter than it was');
			}
			onChunk(buffer.subarray(0, bytesRead));
			position += bytesRead;
		}
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

/** Not every file system keeps times; the file is whole without. */
export function setModified(file: number, modifiedMs: number): void {
	try {
		futimesSync(file, modifiedMs / 1000, modifiedMs / 1000);
	} catch {
		// It has the time of its writing.
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
export function isMissing(error: unknown): boolean {
	return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR');
}

function isOwnUser(uid: number): boolean {
	// Windows knows no users of this kind.
	return geteuid === undefined || uid === geteuid();
}
