import {
	closeSync,
	constants,
	fchmodSync,
	openSync,
	readlinkSync,
	realpathSync,
	rmSync,
	type Stats,
	statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeDirectory, randomSuffix } from '../../util/directories.ts';
import { isCode, systemReason } from '../../util/errors.ts';

const OWNER_ONLY = 0o600;
const PERMISSIONS = 0o777;

export interface TemporaryFile {
	/** The given path with links resolved. */
	readonly destination: string;
	/** In the directory of the destination, to be renamed. Undefined: unnamed, and must be copied. */
	readonly temporary: string | undefined;
	readonly file: number;
}

/**
 * Creates a file with the permissions of the existing one.
 *
 * @throws The system's error, also if the destination is not writable.
 */
export function createTemporary(path: string): TemporaryFile {
	const { destination, found } = resolveLinks(path);
	makeDirectory(dirname(destination));
	const { temporary, file } =
		createBeside(destination, found) ?? createNameless(destination, found);
	if (found?.isFile() === true) {
		fchmodSync(file, found.mode & PERMISSIONS);
	}
	return { destination, temporary, file };
}

/**
 * Creates the file in the directory of its destination, so that it can be renamed.
 *
 * @returns `undefined` if the content must be copied into the destination.
 */
function createBeside(
	destination: string,
	found: Stats | undefined,
): Omit<TemporaryFile, 'destination'> | undefined {
	if (isDescriptor(destination) || (found !== undefined && !found.isFile())) {
		return undefined;
	}
	const temporary = join(dirname(destination), temporaryName());
	try {
		return { temporary, file: openSync(temporary, 'wx+') };
	} catch (error) {
		const isReadOnly = ['EACCES', 'EPERM', 'EROFS'].some((code) => isCode(error, code));
		if (found === undefined || !isReadOnly) {
			throw error;
		}
		return undefined;
	}
}

/** Creates an unnamed file for a writable destination; it vanishes with the process. */
function createNameless(
	destination: string,
	found: Stats | undefined,
): Omit<TemporaryFile, 'destination'> {
	if (found?.isDirectory() === true) {
		throw new Error('EISDIR: it is a directory');
	}
	if (!isDescriptor(destination) && found?.isFIFO() === false) {
		closeSync(openSync(destination, constants.O_WRONLY | constants.O_NONBLOCK));
	}
	const path = join(tmpdir(), temporaryName());
	try {
		const file = openSync(path, 'wx+', OWNER_ONLY);
		rmSync(path);
		return { temporary: undefined, file };
	} catch (error) {
		throw new Error(`${systemReason(error)}; set TMPDIR to a directory that can be written to`, {
			cause: error,
		});
	}
}

function temporaryName(): string {
	return `.flagdl-${randomSuffix()}.tmp`;
}

/** Resolves links; `found` is undefined if there is no file or a link dangles. */
function resolveLinks(path: string): { destination: string; found: Stats | undefined } {
	if (isDescriptor(path)) {
		return { destination: path, found: statSync(path) };
	}
	const found = statSync(path, { throwIfNoEntry: false });
	const next = linkTarget(path);
	if (next !== undefined) {
		return isDescriptor(next) ? { destination: next, found } : resolveLinks(next);
	}
	return { destination: found === undefined ? path : realpathSync(path), found };
}

/** Cannot loop: `statSync` has thrown for link loops. */
function linkTarget(path: string): string | undefined {
	try {
		return resolve(realpathSync(dirname(path)), readlinkSync(path));
	} catch {
		return undefined;
	}
}

/** Whether a path denotes an open file descriptor: `/dev/fd/63`, `/proc/self/fd/1`. */
function isDescriptor(path: string): boolean {
	return /^\/(?:dev\/(?:fd\/\d+|stdout|stderr)|proc\/(?:self|thread-self|\d+)\/fd\/\d+)$/.test(
		path,
	);
}
