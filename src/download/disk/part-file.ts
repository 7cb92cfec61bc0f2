import { accessSync, constants, futimesSync } from 'node:fs';
import { copyFile, type FileHandle, lstat, open, rename, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';
import { makeDirectory, removeQuietly } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';
import type { StreamedContent } from '../content/content.ts';
import { nowMs } from '../outcome.ts';
import type { PartsDirectory } from './parts-directory.ts';

/** Creates a new file: never writes to an existing one or follows a link. */
export const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CREATE_TO_READ_AND_WRITE = CREATE | constants.O_RDWR;
const READ_BYTES = 256 * 1024;
const OPEN_EXISTING = constants.O_RDWR | constants.O_NOFOLLOW;

/**
 * A file that is written under a temporary name until it is complete.
 *
 * *Fluent Python*, 18.4: `run_in_executor` for blocking calls; Node.js writes files in its thread pool.
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

	/** @throws The system's error; also if the directory of `dest` is not writable. */
	static async create(dest: string, parts: PartsDirectory): Promise<PartFile> {
		checkWritable(dirname(dest));
		const path = parts.createPath(dest);
		try {
			return new PartFile(path, await open(path, CREATE_TO_READ_AND_WRITE), parts);
		} catch (error) {
			if (!isFolderMissing(error)) {
				throw error;
			}
			parts.make(dest);
			return new PartFile(path, await open(path, CREATE_TO_READ_AND_WRITE), parts);
		}
	}

	/**
	 * Claims a kept part; only one of several runs can.
	 *
	 * @returns Undefined if another run was faster, or if it is not a regular file of this user with a
	 *   single link.
	 */
	static async claim(
		kept: string,
		dest: string,
		parts: PartsDirectory,
	): Promise<PartFile | undefined> {
		let file: FileHandle | undefined;
		try {
			file = await open(kept, OPEN_EXISTING);
			const opened = await file.stat();
			if (opened.isFile() && opened.nlink === 1 && isOwnUser(opened.uid)) {
				parts.make(dest);
				const path = parts.createPath(dest);
				await rename(kept, path);
				// Another run may have put a part of its own there in between.
				if ((await lstat(path)).ino === opened.ino) {
					return new PartFile(path, file, parts);
				}
				await unlink(path);
			}
		} catch {
			// It stays where it is, or belongs to another run.
		}
		await file?.close();
		return undefined;
	}

	get descriptor(): number {
		return this.#file.fd;
	}

	/** @param positionBytes - Offset in the file. */
	async write(chunks: readonly Buffer[], positionBytes: number): Promise<void> {
		const { bytesWritten } = await this.#file.writev(chunks, positionBytes);
		this.#parts.lastWriteMs = nowMs();
		const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
		// A full disk may cause a short write; writing the rest then fails with the reason.
		if (bytesWritten < bytes) {
			const rest = Buffer.concat(chunks).subarray(bytesWritten);
			await this.write([rest], positionBytes + bytesWritten);
		}
	}

	/** Reads the first `sizeBytes` of the file. @throws If it is shorter. */
	async read(sizeBytes: number, onChunk: (chunk: Buffer) => void): Promise<void> {
		const buffer = Buffer.alloc(READ_BYTES);
		for (let position = 0; position < sizeBytes; ) {
			const length = Math.min(READ_BYTES, sizeBytes - position);
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
	 * Closes the file and renames it to its final name, replacing an existing file.
	 *
	 * @param modifiedMs - Modification time to set; absent: time of writing.
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

	/** Copies to a temporary name on the other file system, then renames. */
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

/** Appends chunks to a part, and hashes them while they are being written. */
export async function append(
	part: PartFile,
	content: StreamedContent,
	chunks: readonly Buffer[],
): Promise<void> {
	const written = part.write(chunks, content.bytes);
	for (const chunk of chunks) {
		content.update(chunk);
	}
	await written;
}

/** Ignores errors: not every file system keeps times. */
export function setModified(file: number, modifiedMs: number): void {
	try {
		futimesSync(file, modifiedMs / 1000, modifiedMs / 1000);
	} catch {
		// It keeps the time of writing.
	}
}

/** Fails before all of the content is fetched. A missing directory is created on the final rename. */
function checkWritable(directory: string): void {
	try {
		accessSync(directory, constants.W_OK | constants.X_OK);
	} catch (error) {
		if (!isCode(error, 'ENOENT')) {
			throw error;
		}
	}
}

/** Whether the folder does not exist; if something else is in its place, `make` throws. */
export function isFolderMissing(error: unknown): boolean {
	return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR');
}

function isOwnUser(uid: number): boolean {
	// Windows has no user ids.
	return geteuid === undefined || uid === geteuid();
}
