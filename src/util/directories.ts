import { existsSync, mkdirSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { CannotRunError, isCode, systemReason } from './errors.ts';

/**
 * Creates a directory and its parents, one level at a time. `mkdir` with `recursive` loops forever if the
 * parent exists but cannot be written to (`/proc`).
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
		makeIfMissing(path);
	}
}

/** Another run may create it at the same time. */
function makeIfMissing(path: string): void {
	try {
		mkdirSync(path);
	} catch (error) {
		if (!isCode(error, 'EEXIST')) {
			throw error;
		}
	}
}

/** As for the kernel, more links are a loop. */
const MAX_LINKS = 40;

/** Resolves symbolic links in a path that need not exist. */
export function resolveLinks(path: string, maxLinks = MAX_LINKS): string {
	if (existsSync(path)) {
		return realpathSync(path);
	}
	const parent = dirname(path);
	if (parent === path) {
		return path;
	}
	const link = linkAt(path);
	return link === undefined || maxLinks === 0
		? join(resolveLinks(parent, maxLinks), basename(path))
		: resolveLinks(resolve(resolveLinks(parent, maxLinks - 1), link), maxLinks - 1);
}

function linkAt(path: string): string | undefined {
	try {
		return readlinkSync(path);
	} catch {
		return undefined;
	}
}

/** Removes a file or directory recursively; ignores errors. */
export function removeQuietly(path: string): void {
	try {
		rmSync(path, { recursive: true, force: true });
	} catch {
		// It belongs to another user, so it cannot be removed.
	}
}

/**
 * Creates a temporary directory, which the caller removes.
 *
 * @returns An absolute path, since other processes may have another working directory.
 * @throws {CannotRunError} If it cannot be created.
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
 * Ten characters that make a name unique; callers still create the file exclusively. Not from `node:crypto`:
 * the name is no secret, and loading that module takes 3 to 10 ms.
 */
export function randomSuffix(): string {
	return Math.random().toString(36).slice(2, 12).padEnd(10, '0');
}
