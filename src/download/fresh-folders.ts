import { opendirSync } from 'node:fs';
import { dirname } from 'node:path';

/** So many folders are remembered; a list that jumps between more of them looks again. */
const REMEMBERED = 1000;

/**
 * Folders that were empty, or missing, when this run first looked: there is nothing in them to skip,
 * to resume or to ask about, and two system calls a file are saved (16 of 145 µs).
 */
export class FreshFolders {
	readonly #fresh = new Map<string, boolean>();

	isFresh(path: string): boolean {
		const folder = dirname(path);
		const known = this.#fresh.get(folder);
		if (known !== undefined) {
			return known;
		}
		if (this.#fresh.size >= REMEMBERED) {
			this.#fresh.clear();
		}
		const fresh = isEmpty(folder);
		this.#fresh.set(folder, fresh);
		return fresh;
	}

	/** Something was left there that a later attempt must see. */
	spoil(path: string): void {
		this.#fresh.set(dirname(path), false);
	}
}

function isEmpty(folder: string): boolean {
	try {
		const directory = opendirSync(folder);
		try {
			return directory.readSync() === null;
		} finally {
			directory.closeSync();
		}
	} catch (error) {
		// Whatever else is wrong with it shows when its files are looked at, one by one.
		return error instanceof Error && 'code' in error && error.code === 'ENOENT';
	}
}
