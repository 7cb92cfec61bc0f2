import { existsSync, mkdirSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { CannotRunError, isCode, systemReason } from './errors.ts';

/**
 * Makes a directory and those above it, one level at a time. `mkdir` with `recursive` tries for ever
 * where the system says that the parent is there and cannot be written to (`/proc`).
 *
 * @throws The system's error.
 */
export function makeDirectory(path: string): void {
	try {
		mkdirSync(path);
	} catch (error) {
		const parent = dirname(path);
		if (isCode(error, 'EEXIST') && statSync(path).isDirectory()) {
			return;
		}
		if (!isCode(error, 'ENOENT') || parent === path) {
			throw error;
		}
		makeDirectory(parent);
		makeOnce(path);
	}
}

/** Another run may make it at the same time. */
function makeOnce(path: string): void {
	try {
		mkdirSync(path);
	} catch (error) {
		if (!isCode(error, 'EEXIST')) {
			throw error;
		}
	}
}

/** More are a loop, as for the system. */
const MAX_LINKS = 40;

/** Where a path leads by links, whether or not something is there. */
export function leadsTo(path: string, maxLinks = MAX_LINKS): string {
	if (existsSync(path)) {
		return realpathSync(path);
	}
	const parent = dirname(path);
	if (parent === path) {
		return path;
	}
	const link = linkAt(path);
	return link === undefined || maxLinks === 0
		? join(leadsTo(parent, maxLinks), basename(path))
		: leadsTo(resolve(leadsTo(parent, maxLinks - 1), link), maxLinks - 1);
}

function linkAt(path: string): string | undefined {
	try {
		return readlinkSync(path);
	} catch {
		return undefined;
	}
}

/** Removes a file, or a directory with all that is in it. */
export function removeQuietly(path: string): void {
	try {
		rmSync(path, { recursive: true, force: true });
	} catch {
		// Of another user: no process of this one can remove it.
	}
}

/**
 * Makes a directory for files of one process, which it removes when it is done.
 *
 * @returns Its absolute path: other processes may have another working directory.
 * @throws {CannotRunError} If that is not possible.
 */
export async function makeTemporaryDirectory(prefix: string): Promise<string> {
	return await mkdtemp(resolve(tmpdir(), prefix)).catch((error: unknown) => {
		throw cannotUseTemporary(error as Error);
	});
}

export function cannotUseTemporary(cause: Error): CannotRunError {
	return new CannotRunError(
		`cannot use the directory for temporary files ${tmpdir()}: ${systemReason(cause)}; set TMPDIR to one that can be written to`,
		{ cause },
	);
}

/**
 * Ten characters for a name that no other process should choose; a file is only created if it is not
 * there. Not from `node:crypto`: nothing is kept secret, and loading it takes 3 to 10 ms.
 */
export function randomSuffix(): string {
	return Math.random().toString(36).slice(2, 12).padEnd(10, '0');
}
