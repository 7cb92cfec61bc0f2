import {
	appendFileSync,
	closeSync,
	fchmodSync,
	openSync,
	renameSync,
	rmSync,
	writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeDirectory } from '../../util/make-directory.ts';
import { randomSuffix } from '../../util/random-suffix.ts';

const PORTION_LENGTH = 65_536;
const OWNER_ONLY = 0o600;

/** A report could not be written; the message says which one and why. */
export class ReportError extends Error {
	static {
		Object.defineProperty(ReportError.prototype, 'name', { value: 'ReportError' });
	}

	constructor(path: string, cause: unknown) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		super(`cannot write the report ${path}: ${reason}`, { cause });
	}
}

/**
 * A file that appears under its name when it is whole, and not before.
 *
 * It is written in portions of 64 KiB, at once: that takes some 20 µs on a local disk, and what
 * cannot pile up in memory needs no bound. A failure to write is told when the file is committed,
 * for a reporter never throws.
 */
export class ReportFile {
	readonly #path: string;
	readonly #temporary: string;
	readonly #file: number;
	#portion = '';
	#failure: unknown;

	/** @throws {ReportError} When there can be no such file. */
	constructor(path: string) {
		const suffix = randomSuffix();
		this.#path = path;
		this.#temporary = join(dirname(path), `.${basename(path)}.${suffix}.tmp`);
		try {
			makeDirectory(dirname(path));
			this.#file = openSync(this.#temporary, 'wx');
		} catch (error) {
			throw new ReportError(path, error);
		}
	}

	write(text: string): void {
		this.#portion += text;
		if (this.#portion.length >= PORTION_LENGTH) {
			this.#flush();
		}
	}

	/** From now on only its owner may read it. */
	keepPrivate(): void {
		this.#try(() => fchmodSync(this.#file, OWNER_ONLY));
	}

	/** Writes over what is there, from the beginning: for a head that is known at the end. */
	overwrite(text: string): void {
		this.#flush();
		this.#try(() => writeSync(this.#file, text, 0));
	}

	/**
	 * Gives the file its name, over one that has it.
	 *
	 * @throws {ReportError}
	 */
	commit(): void {
		this.#flush();
		this.#try(() => {
			closeSync(this.#file);
			renameSync(this.#temporary, this.#path);
		});
		if (this.#failure !== undefined) {
			rmSync(this.#temporary, { force: true });
			throw new ReportError(this.#path, this.#failure);
		}
	}

	/** As if it had never been. */
	discard(): void {
		closeSync(this.#file);
		rmSync(this.#temporary, { force: true });
	}

	#flush(): void {
		const portion = this.#portion;
		this.#portion = '';
		this.#try(() => appendFileSync(this.#file, portion));
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
