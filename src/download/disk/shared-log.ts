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
 * A line-based file that several runs append to concurrently, with a header that identifies its format.
 *
 * Each append is a single write that starts on a new line: a line cut off by a full disk or a killed
 * process corrupts no other.
 */
export class SharedLog {
	readonly #path: string;
	readonly #header: Buffer;
	#file: number | undefined;
	#prefix: Buffer = LINE_FEED;

	/** @param header - The first line. A file with another one is replaced. */
	constructor(path: string, header: string) {
		this.#path = path;
		this.#header = Buffer.from(`${header}\n`);
	}

	/**
	 * @param lines - Each with its line feed.
	 * @returns False if nothing was written because another run is replacing the file.
	 * @throws The system's error.
	 */
	append(lines: Buffer): boolean {
		for (let tries = 0; tries < TRIES; tries += 1) {
			this.#file ??= this.#open();
			if (this.#file === undefined) {
				return false;
			}
			writeWhole(this.#file, Buffer.concat([this.#prefix, lines]));
			this.#prefix = LINE_FEED;
			if (isFileAt(this.#path, this.#file)) {
				return true;
			}
			// The file was replaced meanwhile, perhaps without these lines; duplicates are harmless.
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

	/** @returns Undefined if it has another header or is not writable. */
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
				this.#prefix = found.size === 0 ? this.#header : LINE_FEED;
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
		try {
			// Another run may have replaced it in the meantime.
			const usable = this.#openUsable();
			if (usable !== undefined) {
				closeSync(usable);
				rewrite.abandon();
				return true;
			}
			rewrite.write(this.#header);
			rewrite.commit();
			return true;
		} catch (error) {
			// Left behind, it would keep every run from rewriting.
			rewrite.abandon();
			throw error;
		}
	}
}

const LINE_FEED: Buffer = Buffer.from('\n');

/** Whether this path still refers to the open file. */
export function isFileAt(path: string, file: number): boolean {
	const there = lstatSync(path, { throwIfNoEntry: false });
	const own = fstatSync(file);
	return there?.ino === own.ino && there.dev === own.dev;
}

/** After a short write, which a full disk causes, writes everything again: that fails with the reason. */
function writeWhole(file: number, content: Buffer): void {
	if (writeSync(file, content) < content.length && writeSync(file, content) < content.length) {
		throw new Error('a part of it was not written: the disk is full');
	}
}
