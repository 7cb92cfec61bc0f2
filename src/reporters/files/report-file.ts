import {
	closeSync,
	fchmodSync,
	fstatSync,
	ftruncateSync,
	renameSync,
	rmSync,
	writeSync,
} from 'node:fs';
import { isCode, systemReason } from '../../util/errors.ts';
import { createTemporary } from './temporary-file.ts';
import { copyInto } from './write-through.ts';

const CHUNK_LENGTH = 65_536;
const OWNER_ONLY = 0o600;

/** A report could not be written; the message has its path and the reason. */
export class ReportError extends Error {
	static {
		Object.defineProperty(ReportError.prototype, 'name', { value: 'ReportError' });
	}

	constructor(path: string, cause: unknown) {
		const reason = cause instanceof Error ? systemReason(cause) : String(cause);
		super(`cannot write the report ${path}: ${reason}`, { cause });
	}
}

/**
 * A file that appears under its name only when complete.
 *
 * The destination keeps its kind: links stay links, and devices, pipes and mounted files receive the
 * complete content.
 *
 * Writes are synchronous, in chunks of 64 KiB: each takes about 20 µs on a local disk, and nothing
 * accumulates in memory. Since a reporter never throws, `flush` and `commit` throw write errors.
 */
export class ReportFile {
	/** As given, for messages. */
	readonly #path: string;
	readonly #destination: string;
	/** Undefined if the content must be copied to the destination: then the file is unnamed. */
	#temporary: string | undefined;
	readonly #file: number;
	#buffer = '';
	#offset = 0;
	/** Offset of the rewritable end. */
	#endOffset: number | undefined;
	#isPrivate = false;
	#failure: unknown;

	/** @throws {ReportError} If the file cannot be created. */
	constructor(path: string) {
		this.#path = path;
		try {
			({
				destination: this.#destination,
				temporary: this.#temporary,
				file: this.#file,
			} = createTemporary(path));
		} catch (error) {
			throw new ReportError(path, error);
		}
	}

	/** Whether `commit` copies the content into the destination instead of renaming the file. */
	get writesThrough(): boolean {
		return this.#temporary === undefined;
	}

	write(text: string): void {
		this.#buffer += text;
		if (this.#buffer.length >= CHUNK_LENGTH) {
			this.#writeBuffer();
		}
	}

	/** Makes the file readable by its owner only. */
	makePrivate(): void {
		this.#isPrivate = true;
		this.#try(() => fchmodSync(this.#file, OWNER_ONLY));
	}

	/** Overwrites the start of the file, for a head that is known only at the end. */
	overwrite(text: string): void {
		this.#writeBuffer();
		this.#try(() => writeSync(this.#file, text, 0));
	}

	/** Marks the start of the end; called again, discards the end written since. */
	beginEnd(): void {
		this.#writeBuffer();
		this.#endOffset ??= this.#offset;
		this.#offset = this.#endOffset;
		this.#try(() => ftruncateSync(this.#file, this.#offset));
	}

	/** @throws {ReportError} If a write failed, or the directory was removed. */
	flush(): void {
		this.#writeBuffer();
		this.#try(() => {
			if (this.#temporary !== undefined && fstatSync(this.#file).nlink === 0) {
				throw new Error('ENOENT: its directory has been removed');
			}
		});
		if (this.#failure !== undefined) {
			throw new ReportError(this.#path, this.#failure);
		}
	}

	/**
	 * Renames the file to its destination, or copies its content there.
	 *
	 * @param signal - Shortens the wait for the reader of a pipe.
	 * @throws {ReportError}
	 */
	async commit(signal?: AbortSignal): Promise<void> {
		try {
			this.flush();
			await this.#publish(signal);
		} catch (error) {
			throw error instanceof ReportError ? error : new ReportError(this.#path, error);
		} finally {
			this.discard();
		}
	}

	/** Removes the temporary file. */
	discard(): void {
		closeSync(this.#file);
		if (this.#temporary !== undefined) {
			rmSync(this.#temporary, { force: true });
		}
	}

	async #publish(signal: AbortSignal | undefined): Promise<void> {
		if (this.#temporary !== undefined) {
			try {
				renameSync(this.#temporary, this.#destination);
				this.#temporary = undefined;
				return;
			} catch (error) {
				// The destination is a mounted file.
				if (!isCode(error, 'EBUSY') && !isCode(error, 'EXDEV')) {
					throw error;
				}
			}
		}
		await copyInto({
			source: this.#file,
			destination: this.#destination,
			mode: this.#isPrivate ? OWNER_ONLY : undefined,
			signal,
		});
	}

	#writeBuffer(): void {
		const bytes = Buffer.from(this.#buffer);
		this.#buffer = '';
		this.#try(() => {
			for (let written = 0; written < bytes.length; ) {
				const length = writeSync(this.#file, bytes, written, undefined, this.#offset);
				written += length;
				this.#offset += length;
			}
		});
	}

	#try(work: () => void): void {
		if (this.#failure !== undefined) {
			return;
		}
		try {
			work();
		} catch (error) {
			this.#failure = error;
		}
	}
}
