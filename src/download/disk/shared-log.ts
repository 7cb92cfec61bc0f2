import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, writeSync } from 'node:fs';
import { isCode } from '../../util/errors.ts';
import { LogRewrite } from './log-rewrite.ts';

const APPEND =
	constants.O_RDWR |
	constants.O_APPEND |
	constants.O_CREAT |
	constants.O_NOFOLLOW |
	constants.O_NONBLOCK;

const TRIES = 10;

/**
 * A file of lines that several runs append to at once, under a first line that tells its format.
 *
 * Lines are written in one call each time, and begin on a line of their own: what a full disk or the
 * end of a process has cut off spoils no line but itself.
 */
export class SharedLog {
	readonly #path: string;
	readonly #header: Buffer;
	#file: number | undefined;
	#before: Buffer = LINE_FEED;

	/** @param header - The first line. A file that has another one is replaced. */
	constructor(path: string, header: string) {
		this.#path = path;
		this.#header = Buffer.from(`${header}\n`);
	}

	/**
	 * @param lines - Each with its end.
	 * @returns False if nothing was written, since another run is replacing the file.
	 * @throws The system's error.
	 */
	append(lines: Buffer): boolean {
		for (let tries = 0; tries < TRIES; tries += 1) {
			this.#file ??= this.#open();
			if (this.#file === undefined) {
				return false;
			}
			writeAtOnce(this.#file, Buffer.concat([this.#before, lines]));
			this.#before = LINE_FEED;
			if (isFileAt(this.#path, this.#file)) {
				return true;
			}
			// Rewritten meanwhile: these lines may have come too late to be copied, and twice is harmless.
			this.close();
		}
		throw new Error(`${this.#path} is replaced again and again`);
	}

	close(): void {
		if (this.#file !== undefined) {
			closeSync(this.#file);
			this.#file = undefined;
		}
	}

	#open(): number | undefined {
		const file = this.#openUsable();
		if (file !== undefined) {
			return file;
		}
		return this.#replace() ? this.#openUsable() : undefined;
	}

	/** @returns Undefined if it has another header, or must not be written to. */
	#openUsable(): number | undefined {
		let file: number;
		try {
			file = openSync(this.#path, APPEND, 0o666);
		} catch (error) {
			if (isCode(error, 'EACCES') || isCode(error, 'EPERM')) {
				return undefined;
			}
			throw error;
		}
		try {
			const found = fstatSync(file);
			if (!found.isFile()) {
				throw new Error(`${this.#path} is no regular file`);
			}
			if (found.size === 0 || this.#hasHeader(file)) {
				this.#before = found.size === 0 ? this.#header : LINE_FEED;
				return file;
			}
		} catch (error) {
			closeSync(file);
			throw error;
		}
		closeSync(file);
		return undefined;
	}

	#hasHeader(file: number): boolean {
		const start = Buffer.alloc(this.#header.length);
		readSync(file, start, 0, start.length, 0);
		return start.equals(this.#header);
	}

	#replace(): boolean {
		const rewrite = LogRewrite.begin(this.#path);
		if (rewrite === undefined) {
			return false;
		}
		// Another run may have done so before.
		const usable = this.#openUsable();
		if (usable !== undefined) {
			closeSync(usable);
			rewrite.abandon();
			return true;
		}
		rewrite.write(this.#header);
		rewrite.commit();
		return true;
	}
}

const LINE_FEED: Buffer = Buffer.from('\n');

/** Whether this path still leads to the file that is open. */
export function isFileAt(path: string, file: number): boolean {
	const there = lstatSync(path, { throwIfNoEntry: false });
	const own = fstatSync(file);
	return there?.ino === own.ino && there.dev === own.dev;
}

/** What a full disk takes only a part of is written again, whole: it says why not, then. */
function writeAtOnce(file: number, content: Buffer): void {
	if (writeSync(file, content) < content.length && writeSync(file, content) < content.length) {
		throw new Error('a part of it was not written: the disk is full');
	}
}
