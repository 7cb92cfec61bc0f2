import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lifeOfRun } from './run-owner.ts';

/** So long a folder is left alone whose run cannot be told dead, and a part that is not resumed. */
const LEAVE_MS = 24 * 60 * 60 * 1000;

/** A part that is kept for a resume. */
const KEPT = /^[0-9a-f]{32}\.part$/;

/** Removes the folders of dead runs from a reserved directory; what is not ours to remove stays. */
export function sweep(reserved: string, ownRun: string): void {
	for (const name of namesIn(reserved)) {
		if (name === ownRun || KEPT.test(name)) {
			continue;
		}
		const path = join(reserved, name);
		const life = lifeOfRun(name);
		if (life === 'dead' || (life === 'unknown' && isOlderThanADay(path))) {
			removeQuietly(path);
		}
	}
}

/** Names of the parts that are kept in a reserved directory. */
export function keptIn(reserved: string): string[] {
	return namesIn(reserved).filter((name) => KEPT.test(name));
}

/** Whether nothing in it was written to for a day. */
export function isOlderThanADay(path: string): boolean {
	const newestMs = Math.max(
		modifiedMs(path),
		...namesIn(path).map((name) => modifiedMs(join(path, name))),
	);
	return Date.now() - newestMs > LEAVE_MS;
}

export function removeQuietly(path: string): void {
	try {
		rmSync(path, { recursive: true, force: true });
	} catch {
		// Of another user: no run of this one can remove it.
	}
}

/** @returns Undefined if there is nothing. A link is no directory. */
export function isDirectory(path: string): boolean | undefined {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
}

/** None if it is no directory, or of another user. */
function namesIn(directory: string): string[] {
	try {
		return isDirectory(directory) === true ? readdirSync(directory) : [];
	} catch {
		return [];
	}
}

/** Now, if it cannot be told: it may have just been removed. */
function modifiedMs(path: string): number {
	try {
		return lstatSync(path).mtimeMs;
	} catch {
		return Date.now();
	}
}
