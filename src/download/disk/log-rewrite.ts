import {
	closeSync,
	constants,
	lstatSync,
	openSync,
	readdirSync,
	renameSync,
	writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { RESERVED_DIRECTORY } from '../../targets/safe-path.ts';
import { isCode } from '../../util/errors.ts';
import { CREATE } from './part-file.ts';
import { makeReserved, removeRunFolder } from './parts-directory.ts';
import { createRunName, isRunName, runLiveness } from './run-folders.ts';

/**
 * A new version of a file, which replaces it when complete. Only one run at a time writes a new version:
 * it lies in the reserved directory, under a name that identifies its owner, and a run that finds another
 * one after creating its own removes its own. Those of dead runs are swept like their parts.
 */
export class LogRewrite {
	readonly #path: string;
	readonly #name: string;
	#file: number | undefined;

	private constructor(path: string, name: string, file: number) {
		this.#path = path;
		this.#name = name;
		this.#file = file;
	}

	/** @returns Undefined if another run is writing a new version. @throws The system's error. */
	static begin(path: string): LogRewrite | undefined {
		const root = dirname(path);
		const name = createRunName();
		const mode = lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0o666;
		const rewrite = new LogRewrite(path, name, create(root, name, mode));
		let isOnly = false;
		try {
			isOnly = !readdirSync(join(root, RESERVED_DIRECTORY), { withFileTypes: true }).some(
				(entry) =>
					entry.isFile() &&
					entry.name !== name &&
					isRunName(entry.name) &&
					runLiveness(entry.name) !== 'dead',
			);
			return isOnly ? rewrite : undefined;
		} finally {
			if (!isOnly) {
				rewrite.abandon();
			}
		}
	}

	write(content: Buffer): void {
		for (let written = 0; this.#file !== undefined && written < content.length; ) {
			written += writeSync(this.#file, content, written);
		}
	}

	/** Replaces the file with the new version. */
	commit(): void {
		const root = dirname(this.#path);
		this.#close();
		renameSync(join(root, RESERVED_DIRECTORY, this.#name), this.#path);
		removeRunFolder(root, this.#name);
	}

	abandon(): void {
		this.#close();
		removeRunFolder(dirname(this.#path), this.#name);
	}

	#close(): void {
		if (this.#file !== undefined) {
			closeSync(this.#file);
			this.#file = undefined;
		}
	}
}

function create(root: string, name: string, mode: number): number {
	for (let tries = 1; ; tries += 1) {
		makeReserved(join(root, RESERVED_DIRECTORY));
		try {
			const path = join(root, RESERVED_DIRECTORY, name);
			return openSync(path, CREATE | constants.O_WRONLY, (mode & 0o777) | 0o600);
		} catch (error) {
			// Another run has ended and removed the empty directory.
			if (!isCode(error, 'ENOENT') || tries === 10) {
				throw error;
			}
		}
	}
}
