import {
	appendFileSync,
	closeSync,
	fchmodSync,
	openSync,
	readlinkSync,
	realpathSync,
	renameSync,
	rmSync,
	type Stats,
	statSync,
	writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { makeDirectory } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';
import { randomSuffix } from '../../util/random-suffix.ts';
import { copyInto } from './write-through.ts';

const PORTION_LENGTH = 65_536;
const OWNER_ONLY = 0o600;
const PERMISSIONS = 0o777;

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
 * What is there is written to, never replaced by something of another kind: a link keeps leading to
 * its file, and devices, pipes and mounted files get the content once it is whole.
 *
 * It is written in portions of 64 KiB, at once: that takes some 20 µs on a local disk, and what
 * cannot pile up in memory needs no bound. A failure to write is told when the file is committed,
 * for a reporter never throws.
 */
export class ReportFile {
	/** As given, for messages. */
	readonly #path: string;
	/** What is replaced or written to. */
	readonly #destination: string;
	readonly #temporary: string;
	readonly #file: number;
	/** It cannot be replaced by renaming. */
	#writesThrough: boolean;
	#portion = '';
	#failure: unknown;

	/** @throws {ReportError} When there can be no such file. */
	constructor(path: string) {
		this.#path = path;
		try {
			const { destination, found } = resolveLinks(path);
			this.#destination = destination;
			this.#writesThrough = isDescriptor(destination) || found?.isFile() === false;
			makeDirectory(dirname(destination));
			({ path: this.#temporary, file: this.#file } = this.#create(found));
			if (found?.isFile() === true) {
				fchmodSync(this.#file, found.mode & PERMISSIONS);
			}
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

	#flush(): void {
		const portion = this.#portion;
		this.#portion = '';
		this.#try(() => appendFileSync(this.#file, portion));
	}

	/**
	 * Gives the file its name, over one that has it; or writes its content to what has it.
	 *
	 * @throws {ReportError}
	 */
	async commit(): Promise<void> {
		try {
			this.#flush();
			this.#try(() => closeSync(this.#file));
			if (this.#failure === undefined) {
				await this.#place();
			}
		} catch (error) {
			this.#failure = error;
		}
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

	async #place(): Promise<void> {
		if (!this.#writesThrough) {
			try {
				renameSync(this.#temporary, this.#destination);
				return;
			} catch (error) {
				// A mounted file.
				if (!isCode(error, 'EBUSY') && !isCode(error, 'EXDEV')) {
					throw error;
				}
			}
		}
		await copyInto(this.#destination, this.#temporary);
		rmSync(this.#temporary);
	}

	/** Beside the file, where renaming is possible; elsewhere only if the file can be written to. */
	#create(found: Stats | undefined): { path: string; file: number } {
		const suffix = randomSuffix();
		const name = `.${basename(this.#destination)}.${suffix}.tmp`;
		if (!this.#writesThrough) {
			const path = join(dirname(this.#destination), name);
			try {
				return { path, file: openSync(path, 'wx') };
			} catch (error) {
				if (found === undefined || !(isCode(error, 'EACCES') || isCode(error, 'EROFS'))) {
					throw error;
				}
				this.#writesThrough = true;
			}
		}
		if (found?.isDirectory() === true) {
			throw new Error('EISDIR: it is a directory');
		}
		if (!isDescriptor(this.#destination) && found?.isFIFO() === false) {
			closeSync(openSync(this.#destination, 'r+'));
		}
		const path = join(tmpdir(), name);
		return { path, file: openSync(path, 'wx', OWNER_ONLY) };
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

/** Where a path leads in the end, and what is there: nothing, if a link dangles. */
function resolveLinks(path: string): { destination: string; found: Stats | undefined } {
	if (isDescriptor(path)) {
		return { destination: path, found: statSync(path) };
	}
	const found = statSync(path, { throwIfNoEntry: false });
	const next = linkTarget(path);
	if (next !== undefined) {
		return isDescriptor(next) ? { destination: next, found } : resolveLinks(next);
	}
	return { destination: found === undefined ? path : realpathSync(path), found };
}

/** Loops of links end in `statSync` before. */
function linkTarget(path: string): string | undefined {
	try {
		return resolve(dirname(path), readlinkSync(path));
	} catch {
		return undefined;
	}
}

/** `/dev/fd/63`, `/proc/self/fd/1`: an open file, which a name leads to that is not its own. */
function isDescriptor(path: string): boolean {
	return /^\/(?:dev\/(?:fd\/\d+|stdout|stderr)|proc\/(?:self|\d+)\/fd\/\d+)$/.test(path);
}
