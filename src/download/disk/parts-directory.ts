import { lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { RESERVED_DIRECTORY } from '../../targets/destination.ts';
import { isCode, makeDirectory } from '../../util/make-directory.ts';
import { randomSuffix } from '../../util/random-suffix.ts';
import { createRunName, lifeOfRun } from './run-owner.ts';

/** In the reserved directory, beside a folder for each run: parts that a later attempt may resume. */
const KEPT = 'kept';

/** So long a folder is left alone whose run cannot be told dead, and a part that is not resumed. */
const LEAVE_MS = 24 * 60 * 60 * 1000;

/** Random once for each thread, then counted: random bytes for each file cost as much as its rename. */
const OWN = randomSuffix();
let names = 0;

/**
 * Where the files of one run are until they are whole: `<root>/.flagdl/<run>/`, with a root on the
 * file system of the final name, since only there is renaming atomic. The root is the output directory
 * if the file is below it, otherwise the file's own directory.
 */
export class PartsDirectory {
	readonly #outputDir: string | undefined;
	readonly #run: string;
	/** Roots whose folder of this run was made. */
	readonly #made = new Set<string>();
	/** Directories that are another file system than the output directory. */
	readonly #mounted = new Set<string>();
	/** Paths of the parts that this run has kept. */
	readonly #own = new Set<string>();
	/** Roots that were looked into, with the parts that are kept there. */
	readonly #kept = new Map<string, Set<string>>();

	/** @param run - Shared by all threads of a run. */
	constructor(outputDir: string | undefined, run: string = createRunName()) {
		this.#outputDir = outputDir;
		this.#run = run;
	}

	/** A path that no other download has. The folder may not be there yet: see `make`. */
	createPath(dest: string): string {
		names += 1;
		return join(this.#rootOf(dest), RESERVED_DIRECTORY, this.#run, `${OWN}-${names.toString(36)}`);
	}

	/**
	 * Makes the folder of this run, and sweeps those of dead ones.
	 *
	 * @throws The system's error; also if something else has the reserved name.
	 */
	make(dest: string): void {
		const root = this.#rootOf(dest);
		makeReserved(root);
		this.#look(root);
		const folder = join(root, RESERVED_DIRECTORY, this.#run);
		try {
			mkdirSync(folder, { mode: 0o700 });
		} catch (error) {
			if (isCode(error, 'ENOENT')) {
				// Another run has ended, and taken the empty folder with it.
				makeReserved(root);
				mkdirSync(folder, { mode: 0o700 });
			} else if (!isCode(error, 'EEXIST')) {
				throw error;
			}
		}
		this.#made.add(root);
	}

	/** The final name is on another file system than the output directory. */
	moveBeside(dest: string): void {
		this.#mounted.add(dirname(dest));
	}

	/** The path of a kept part; its folder is made. */
	makeKeptPath(dest: string, name: string): string {
		const root = this.#rootOf(dest);
		const folder = join(root, RESERVED_DIRECTORY, KEPT);
		try {
			mkdirSync(folder, { mode: 0o700 });
		} catch (error) {
			if (!isCode(error, 'EEXIST')) {
				throw error;
			}
		}
		this.#look(root).add(name);
		const path = join(folder, name);
		this.#own.add(path);
		return path;
	}

	/** Whether any part is kept below the root of this file: nearly always none is. */
	hasKept(dest: string): boolean {
		return this.#look(this.#rootOf(dest)).size > 0;
	}

	/** The path of a kept part, if there is one of this name. It is for one attempt. */
	takeKeptPath(dest: string, name: string): string | undefined {
		const root = this.#rootOf(dest);
		return this.#look(root).delete(name) ? join(root, RESERVED_DIRECTORY, KEPT, name) : undefined;
	}

	/** The file's path as kept parts know it. */
	relative(dest: string): string {
		return dest.slice(this.#rootOf(dest).length + 1);
	}

	/**
	 * Removes the folder of this run and, if nothing else is in it, the reserved one.
	 *
	 * @param interrupted - Then this run keeps no parts.
	 * @param isObsolete - Whether a kept part will not be resumed any more; given its path and root.
	 */
	close(interrupted: boolean, isObsolete: (path: string, root: string) => boolean): void {
		for (const root of new Set([...this.#made, ...this.#kept.keys()])) {
			const reserved = join(root, RESERVED_DIRECTORY);
			removeRunFolder(root, this.#run);
			const kept = join(reserved, KEPT);
			for (const name of namesIn(kept)) {
				const path = join(kept, name);
				const isUnwanted = interrupted && this.#own.has(path);
				if (isUnwanted || isOlderThanADay(path) || isObsolete(path, root)) {
					rmSync(path, { force: true });
				}
			}
			removeIfEmpty(kept);
			removeIfEmpty(reserved);
		}
		this.#made.clear();
		this.#kept.clear();
	}

	#rootOf(dest: string): string {
		const outputDir = this.#outputDir;
		const isBelow =
			outputDir !== undefined &&
			dest.startsWith(outputDir) &&
			(dest[outputDir.length] === sep || outputDir.endsWith(sep));
		if (!isBelow || (this.#mounted.size > 0 && this.#mounted.has(dirname(dest)))) {
			return dirname(dest);
		}
		return outputDir;
	}

	/** Sweeps a root when it is first met. @returns The names of its kept parts. */
	#look(root: string): Set<string> {
		let kept = this.#kept.get(root);
		if (kept === undefined) {
			const reserved = join(root, RESERVED_DIRECTORY);
			sweep(reserved, this.#run);
			kept = new Set(namesIn(join(reserved, KEPT)));
			this.#kept.set(root, kept);
		}
		return kept;
	}
}

/** Removes a run's folder with all that is in it. */
export function removeRunFolder(root: string, run: string): void {
	rmSync(join(root, RESERVED_DIRECTORY, run), { recursive: true, force: true });
	removeIfEmpty(join(root, RESERVED_DIRECTORY));
}

/** @throws If it cannot be made, or something else has its name: a link may lead anywhere. */
function makeReserved(root: string): void {
	const reserved = join(root, RESERVED_DIRECTORY);
	try {
		mkdirSync(reserved);
	} catch (error) {
		if (isCode(error, 'ENOENT')) {
			makeDirectory(root);
			mkdirSync(reserved);
			return;
		}
		if (!isCode(error, 'EEXIST') || !isDirectory(reserved)) {
			throw error;
		}
	}
}

function sweep(reserved: string, ownRun: string): void {
	for (const name of namesIn(reserved)) {
		const path = join(reserved, name);
		const life = name === KEPT || name === ownRun ? 'alive' : lifeOfRun(name);
		if (life === 'dead' || (life === 'unknown' && isOlderThanADay(path))) {
			rmSync(path, { recursive: true, force: true });
		}
	}
}

/** None if it is no directory; a link is none. */
function namesIn(directory: string): string[] {
	try {
		return isDirectory(directory) ? readdirSync(directory) : [];
	} catch {
		return [];
	}
}

function isDirectory(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isOlderThanADay(path: string): boolean {
	const found = lstatSync(path, { throwIfNoEntry: false });
	return found !== undefined && Date.now() - found.mtimeMs > LEAVE_MS;
}

function removeIfEmpty(directory: string): void {
	try {
		rmdirSync(directory);
	} catch {
		// Another run has something in it.
	}
}
