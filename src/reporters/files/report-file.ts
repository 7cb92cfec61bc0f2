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

const PORTION_LENGTH = 65_536;
const OWNER_ONLY = 0o600;

/** A report could not be written; the message says which one and why. */
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
 * A file that appears under its name when it is whole, and not before.
 *
 * What is there is written to, never replaced by something of another kind: a link keeps leading to
 * its file, and devices, pipes and mounted files get the content once it is whole.
 *
 * It is written in portions of 64 KiB, at once: that takes some 20 µs on a local disk, and what
 * cannot pile up in memory needs no bound. A failure to write is told by `flush` and `commit`, for
 * a reporter never throws.
 */
export class ReportFile {
	/** As given, for messages. */
	readonly #path: string;
	/** What is replaced or written to. */
	readonly #destination: string;
	/** Undefined if the file is written through: then its content has no name. */
	#temporary: string | undefined;
	readonly #file: number;
	#portion = '';
	#bytes = 0;
	/** Where the end begins that may be written anew. */
	#endBytes: number | undefined;
	#isPrivate = false;
	#failure: unknown;

	/** @throws {ReportError} When there can be no such file. */
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

	/** Its content is copied to what is there, when it is whole. */
	get writesThrough(): boolean {
		return this.#temporary === undefined;
	}

	write(text: string): void {
		this.#portion += text;
		if (this.#portion.length >= PORTION_LENGTH) {
			this.#writePortion();
		}
	}

	/** From now on only its owner may read it. */
	keepPrivate(): void {
		this.#isPrivate = true;
		this.#try(() => fchmodSync(this.#file, OWNER_ONLY));
	}

	/** Writes over what is there, from the beginning: for a head that is known at the end. */
	overwrite(text: string): void {
		this.#writePortion();
		this.#try(() => writeSync(this.#file, text, 0));
	}

	/** What is written from here on is the end; called again, it begins anew. */
	beginEnd(): void {
		this.#writePortion();
		this.#endBytes ??= this.#bytes;
		this.#bytes = this.#endBytes;
		this.#try(() => ftruncateSync(this.#file, this.#bytes));
	}

	/** @throws {ReportError} If what was written so far could not be, or can get no name. */
	flush(): void {
		this.#writePortion();
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
	 * Gives the file its name, over one that has it; or writes its content to what has it.
	 *
	 * @param signal - Ends the waiting for the reader of a pipe.
	 * @throws {ReportError}
	 */
	async commit(signal?: AbortSignal): Promise<void> {
		try {
			this.flush();
			await this.#place(signal);
		} catch (error) {
			throw error instanceof ReportError ? error : new ReportError(this.#path, error);
		} finally {
			this.discard();
		}
	}

	/** As if it had never been. */
	discard(): void {
		closeSync(this.#file);
		if (this.#temporary !== undefined) {
			rmSync(this.#temporary, { force: true });
		}
	}

	async #place(signal: AbortSignal | undefined): Promise<void> {
		if (this.#temporary !== undefined) {
			try {
				renameSync(this.#temporary, this.#destination);
				this.#temporary = undefined;
				return;
			} catch (error) {
				// A mounted file.
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

	#writePortion(): void {
		const bytes = Buffer.from(this.#portion);
		this.#portion = '';
		this.#try(() => {
			for (let written = 0; written < bytes.length; ) {
				const length = writeSync(this.#file, bytes, written, undefined, this.#bytes);
				written += length;
				this.#bytes += length;
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
