import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { RESERVED_DIRECTORY } from '../../targets/safe-path.ts';
import { makeDirectory, randomSuffix, removeQuietly } from '../../util/directories.ts';
import { isCode } from '../../util/errors.ts';
import { nowMs } from '../outcome.ts';
import { createRunName, isDirectory, isOlderThanADay, keptIn, sweep } from './run-folders.ts';

/** How often the reserved directory is made again if other runs end, and remove it, at that moment. */
const RACES_MAX = 100;

/** So many directories are remembered; a list that jumps between more of them looks again. */
const REMEMBERED_MAX = 1000;

/** Random once for each thread, then counted: random bytes for each file cost as much as its rename. */
const OWN = randomSuffix();
let names = 0;

/**
 * Where the files of one run are until they are whole: `<root>/.flagdl/<run>/`, with a root on the
 * file system of the final name, since only there is renaming atomic. The root is the output directory
 * if the file is below it, otherwise the file's own directory.
 *
 * Parts that may be resumed are beside the folders of the runs.
 */
export class PartsDirectory {
	/** When something was written last, or the run began. */
	lastWriteMs = nowMs();
	/** Without a separator at its end. */
	readonly #outputDir: string | undefined;
	readonly #run: string;
	/** By their paths; each is swept when it is first met. */
	readonly #roots = new Map<string, Root>();
	/** By directories below the output directory: which of them are other file systems. */
	readonly #rootOfDirectory = new Map<string, Root>();
	/** Of the output directory. */
	#device: number | undefined;

	/** @param run - Shared by all threads of a run. */
	constructor(outputDir: string | undefined, run: string = createRunName()) {
		this.#outputDir = outputDir?.endsWith(sep) ? outputDir.slice(0, -sep.length) : outputDir;
		this.#run = run;
	}

	/** A path that no other download has. The folder may not be there yet: see `make`. */
	createPath(dest: string): string {
		names += 1;
		return `${this.#rootOf(dest).folder}${sep}${OWN}-${names.toString(36)}`;
	}

	/**
	 * Makes the folder of this run.
	 *
	 * @throws The system's error; also if something else has the reserved name.
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
	 * Renaming has shown that the final name is on another file system: a mount of the same device looks
	 * the same until then.
	 *
	 * @returns False if that was known.
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

	/** The path for a kept part. */
	createKeptPath(dest: string, name: string): string {
		const { reserved, kept, own } = this.#rootOf(dest);
		kept.add(name);
		own.add(name);
		return `${reserved}${sep}${name}`;
	}

	/** Whether any part is kept below the root of this file: nearly always none is. */
	hasKept(dest: string): boolean {
		return this.#rootOf(dest).kept.size > 0;
	}

	/** The path of a kept part whose name begins so, if there is one. It is given once. */
	takeKeptPath(dest: string, begin: string): string | undefined {
		const { reserved, kept } = this.#rootOf(dest);
		for (const name of kept) {
			if (name.startsWith(begin)) {
				kept.delete(name);
				return `${reserved}${sep}${name}`;
			}
		}
		return undefined;
	}

	/** The path of the kept part with this name, if there is one. It may still be taken. */
	findKeptPath(dest: string, name: string): string | undefined {
		const { reserved, kept } = this.#rootOf(dest);
		return kept.has(name) ? `${reserved}${sep}${name}` : undefined;
	}

	/** The file's path as kept parts know it. */
	relative(dest: string): string {
		return dest.slice(this.#rootOf(dest).path.length + 1);
	}

	/**
	 * Removes the folder of this run and, if nothing else is in it, the reserved one.
	 *
	 * @param interrupted - Then this run keeps no parts.
	 * @param isObsolete - Whether a kept part will not be resumed any more; given its path and root.
	 */
	close(interrupted: boolean, isObsolete: (path: string, root: string) => boolean): void {
		for (const { path: root, reserved, folder, own } of this.#roots.values()) {
			removeQuietly(folder);
			for (const name of keptIn(reserved)) {
				const path = `${reserved}${sep}${name}`;
				const isUnwanted = interrupted && own.has(name);
				if (isUnwanted || isOlderThanADay(path) || isObsolete(path, root)) {
					removeQuietly(path);
				}
			}
			// A process that was killed a moment before this run began may have ended since.
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
			if (this.#rootOfDirectory.size >= REMEMBERED_MAX) {
				this.#rootOfDirectory.clear();
			}
			this.#device ??= deviceOf(outputDir);
			const isHere = deviceAbove(directory, outputDir) === this.#device;
			root = this.#openRoot(isHere ? outputDir : directory);
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
			root = { path, reserved, folder, kept: new Set(keptIn(reserved)), own: new Set() };
			this.#roots.set(path, root);
		}
		return root;
	}
}

interface Root {
	readonly path: string;
	readonly reserved: string;
	/** Of this run. */
	readonly folder: string;
	/** Names of the parts that are kept here, and may still be taken. */
	readonly kept: Set<string>;
	/** Names of the parts that this run has kept. */
	readonly own: Set<string>;
}

/** Removes a run's folder with all that is in it, or its journal; and the reserved one if nothing else is in it. */
export function removeRunFolder(root: string, run: string): void {
	const reserved = `${root}${sep}${RESERVED_DIRECTORY}`;
	removeQuietly(`${reserved}${sep}${run}`);
	removeIfEmpty(reserved);
}

/** @throws If it cannot be made, or something else has its name: a link may lead anywhere. */
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

/** A directory that is not there yet will be on the device of the first one above it that is. */
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
		// What is wrong with it is told when a file is saved there.
		return undefined;
	}
}

function removeIfEmpty(directory: string): void {
	try {
		rmdirSync(directory);
	} catch {
		// Another run has something in it, or it was never made.
	}
}
