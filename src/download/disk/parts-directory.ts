import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { RESERVED_DIRECTORY } from '../../targets/safe-path.ts';
import { makeDirectory, randomSuffix, removeQuietly } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';
import { nowMs } from '../outcome.ts';
import {
	createRunName,
	isDirectory,
	isOlderThanADay,
	listKeptParts,
	sweep,
} from './run-folders.ts';

/** How often the reserved directory is created again if other runs remove it concurrently as they end. */
const RACES_MAX = 100;

/** Directories cached; a list that alternates between more of them examines them again. */
const CACHE_MAX = 1000;

/** Random once per thread, then counted: random bytes for each file cost as much as its rename. */
const THREAD_PREFIX = randomSuffix();
let nameCount = 0;

/**
 * Holds the incomplete files of one run: `<root>/.flagdl/<run>/`, with a root on the file system of the
 * final name, since rename is only atomic within one. The root is the output directory if the file is
 * below it, otherwise the file's own directory.
 *
 * Parts kept for a resume are next to the folders of the runs.
 */
export class PartsDirectory {
	/** Time of the last write, or of the start of the run. */
	lastWriteMs = nowMs();
	/** Without a trailing separator. */
	readonly #outputDir: string | undefined;
	readonly #run: string;
	/** By path; each is swept on first use. */
	readonly #roots = new Map<string, Root>();
	/** Roots by directory below the output directory: some may be on other file systems. */
	readonly #rootOfDirectory = new Map<string, Root>();
	/** Device of the output directory. */
	#device: number | undefined;

	/** @param run - Shared by all threads of a run. */
	constructor(outputDir: string | undefined, run: string = createRunName()) {
		this.#outputDir = outputDir?.endsWith(sep) ? outputDir.slice(0, -sep.length) : outputDir;
		this.#run = run;
	}

	/** Returns a unique path for a part. Its folder may not exist yet: see `make`. */
	createPath(dest: string): string {
		nameCount += 1;
		return `${this.#rootOf(dest).folder}${sep}${THREAD_PREFIX}-${nameCount.toString(36)}`;
	}

	/**
	 * Creates the folder of this run.
	 *
	 * @throws The system's error; also if the reserved name is taken by something else.
	 */
	make(dest: string): void {
		const { reserved, folder } = this.#rootOf(dest);
		for (let tries = 1; ; tries += 1) {
			makeReserved(reserved);
			try {
				mkdirSync(folder, { mode: 0o700 });
				return;
			} catch (error) {
				if (isCode(error, 'EEXIST') && isDirectory(folder)) {
					return;
				}
				if (!isCode(error, 'ENOENT') || tries === RACES_MAX) {
					throw error;
				}
			}
		}
	}

	/**
	 * Called when a rename failed with EXDEV, which may be the first sign of another mount of the same
	 * device: uses a root in the file's own directory from now on.
	 *
	 * @returns False if it already does.
	 */
	moveBeside(dest: string): boolean {
		const directory = dirname(dest);
		const beside = this.#openRoot(directory);
		if (this.#rootOf(dest) === beside) {
			return false;
		}
		this.#rootOfDirectory.set(directory, beside);
		return true;
	}

	/** Returns the path under which to keep a part. */
	createKeptPath(dest: string, name: string): string {
		const { reserved, kept, own } = this.#rootOf(dest);
		kept.add(name);
		own.add(name);
		return `${reserved}${sep}${name}`;
	}

	/** Whether any part is kept below the root of this file, which is rare. */
	hasKept(dest: string): boolean {
		return this.#rootOf(dest).kept.size > 0;
	}

	/** Returns the path of a kept part with this prefix of its name, if there is one; each part once. */
	claimKeptPath(dest: string, prefix: string): string | undefined {
		const { reserved, kept } = this.#rootOf(dest);
		for (const name of kept) {
			if (name.startsWith(prefix)) {
				kept.delete(name);
				return `${reserved}${sep}${name}`;
			}
		}
		return undefined;
	}

	/** Returns the path of the kept part with this name, if there is one, without claiming it. */
	findKeptPath(dest: string, name: string): string | undefined {
		const { reserved, kept } = this.#rootOf(dest);
		return kept.has(name) ? `${reserved}${sep}${name}` : undefined;
	}

	/** The file's path relative to its root, as recorded in kept parts. */
	relative(dest: string): string {
		return dest.slice(this.#rootOf(dest).path.length + 1);
	}

	/**
	 * Removes the folder of this run and, if it is empty then, the reserved one.
	 *
	 * @param interrupted - Also removes the parts that this run has kept.
	 * @param isObsolete - Whether a kept part, given its path and root, is of no use for a resume.
	 */
	close(interrupted: boolean, isObsolete: (path: string, root: string) => boolean): void {
		for (const { path: root, reserved, folder, own } of this.#roots.values()) {
			removeQuietly(folder);
			for (const name of listKeptParts(reserved)) {
				const path = `${reserved}${sep}${name}`;
				const isUnwanted = interrupted && own.has(name);
				if (isUnwanted || isOlderThanADay(path) || isObsolete(path, root)) {
					removeQuietly(path);
				}
			}
			// A process killed just before this run started may only have ended since.
			sweep(reserved, this.#run);
			removeIfEmpty(reserved);
		}
		this.#roots.clear();
		this.#rootOfDirectory.clear();
	}

	#rootOf(dest: string): Root {
		const outputDir = this.#outputDir;
		const end = dest.lastIndexOf(sep);
		if (outputDir !== undefined && end === outputDir.length && dest.startsWith(outputDir)) {
			return this.#openRoot(outputDir);
		}
		const directory = dirname(dest);
		if (outputDir === undefined || !directory.startsWith(outputDir + sep)) {
			return this.#openRoot(directory);
		}
		let root = this.#rootOfDirectory.get(directory);
		if (root === undefined) {
			if (this.#rootOfDirectory.size >= CACHE_MAX) {
				this.#rootOfDirectory.clear();
			}
			this.#device ??= deviceOf(outputDir);
			const isSameDevice = deviceAbove(directory, outputDir) === this.#device;
			root = this.#openRoot(isSameDevice ? outputDir : directory);
			this.#rootOfDirectory.set(directory, root);
		}
		return root;
	}

	#openRoot(path: string): Root {
		let root = this.#roots.get(path);
		if (root === undefined) {
			const reserved = `${path}${sep}${RESERVED_DIRECTORY}`;
			sweep(reserved, this.#run);
			const folder = `${reserved}${sep}${this.#run}`;
			root = { path, reserved, folder, kept: new Set(listKeptParts(reserved)), own: new Set() };
			this.#roots.set(path, root);
		}
		return root;
	}
}

interface Root {
	readonly path: string;
	readonly reserved: string;
	/** Folder of this run. */
	readonly folder: string;
	/** Names of the kept parts that have not been claimed. */
	readonly kept: Set<string>;
	/** Names of the parts that this run has kept. */
	readonly own: Set<string>;
}

/** Removes a run's folder, or a file with its name, and the reserved folder if it is empty then. */
export function removeRunFolder(root: string, run: string): void {
	const reserved = `${root}${sep}${RESERVED_DIRECTORY}`;
	removeQuietly(`${reserved}${sep}${run}`);
	removeIfEmpty(reserved);
}

/** @throws If it cannot be created, or is not a directory: a link might lead anywhere. */
export function makeReserved(reserved: string): void {
	try {
		mkdirSync(reserved);
	} catch (error) {
		if (isCode(error, 'ENOENT')) {
			makeDirectory(reserved);
		} else if (!isCode(error, 'EEXIST')) {
			throw error;
		}
	}
	if (isDirectory(reserved) === false) {
		const message = `ENOTDIR: ${reserved} is no directory; remove it`;
		throw Object.assign(new Error(message), { code: 'ENOTDIR' });
	}
}

/** A missing directory will be created on the device of its nearest existing ancestor. */
function deviceAbove(directory: string, outputDir: string): number | undefined {
	let path = directory;
	let device = deviceOf(path);
	while (device === undefined && path.length > outputDir.length) {
		path = dirname(path);
		device = deviceOf(path);
	}
	return device;
}

function deviceOf(directory: string): number | undefined {
	try {
		return statSync(directory, { throwIfNoEntry: false })?.dev;
	} catch {
		// The error is reported when a file is saved there.
		return undefined;
	}
}

function removeIfEmpty(directory: string): void {
	try {
		rmdirSync(directory);
	} catch {
		// It is not empty, or never existed.
	}
}
