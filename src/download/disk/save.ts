import { closeSync, constants, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Target } from '../../targets/target.ts';
import { makeDirectory, removeQuietly } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';
import { DownloadError, fileError, isPressure } from '../errors.ts';
import { nowMs } from '../outcome.ts';
import { CREATE, isMissing, setModified } from './part-file.ts';
import type { PartsDirectory } from './parts-directory.ts';

/** A small file that is to be written. */
interface Save {
	readonly target: Target;
	/** Absolute path of its final name. */
	readonly dest: string;
	readonly content: Buffer;
	/** The time that it is to have; absent: that of its writing. */
	readonly modifiedMs: number | undefined;
	readonly signal: AbortSignal;
}

interface Waiting extends Save {
	tries: number;
	resolve(): void;
	reject(error: unknown): void;
}

/** How often and how long a save waits for a file descriptor. */
const PRESSURE_TRIES = 100;
const PRESSURE_MS = 20;

/**
 * Writes small files, all that came in one turn of the event loop in one go: the next requests are
 * on their way by then, and the system's code for files is still in the processor's caches. One by
 * one, between the answers, a file takes 57 µs; together 31.
 */
export class BatchedWriter {
	readonly #parts: PartsDirectory;
	readonly #relieve: () => void;
	#waiting: Waiting[] = [];

	/** @param relieve - Called while the process is out of file descriptors. */
	constructor(parts: PartsDirectory, relieve: () => void) {
		this.#parts = parts;
		this.#relieve = relieve;
	}

	/** Resolves when the file has its name. @throws {DownloadError} */
	save(
		content: Buffer,
		modifiedMs: number | undefined,
		{ target, dest, signal }: Pick<Save, 'target' | 'dest' | 'signal'>,
	): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#add({ target, dest, content, modifiedMs, signal, tries: 0, resolve, reject });
		});
	}

	#add(waiting: Waiting): void {
		if (this.#waiting.push(waiting) === 1) {
			setImmediate(() => this.#saveAll());
		}
	}

	#saveAll(): void {
		const batch = this.#waiting;
		this.#waiting = [];
		for (const waiting of batch) {
			try {
				saveSmall(waiting.dest, waiting.content, this.#parts, waiting.modifiedMs);
				waiting.resolve();
			} catch (error) {
				this.#onFailure(waiting, fileError(waiting.target, 'write', waiting.dest, error));
			}
		}
	}

	#onFailure(waiting: Waiting, error: Error): void {
		waiting.tries += 1;
		const isPassing = error instanceof DownloadError && isPressure(error.code);
		if (!isPassing || waiting.tries === PRESSURE_TRIES) {
			waiting.reject(error);
			return;
		}
		this.#relieve();
		setTimeout(() => {
			if (waiting.signal.aborted) {
				waiting.reject(waiting.signal.reason);
			} else {
				this.#add(waiting);
			}
		}, PRESSURE_MS);
	}
}

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
	const file = openSync(path, CREATE | constants.O_WRONLY);
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
