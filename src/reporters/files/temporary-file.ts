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
	/** Where the content belongs: where the links of the given path lead. */
	readonly destination: string;
	/** Beside the destination, to be renamed to it. Undefined: it has no name, and is to be copied. */
	readonly temporary: string | undefined;
	readonly file: number;
}

/**
 * Creates a file with the permissions of the one that has the path.
 *
 * @throws The system's error, also if the destination cannot be written to.
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
 * Creates the file in the folder where it will be, so that renaming is possible.
 *
 * @returns Undefined if the destination has to be written through.
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
		const isClosed = ['EACCES', 'EPERM', 'EROFS'].some((code) => isCode(error, code));
		if (found === undefined || !isClosed) {
			throw error;
		}
		return undefined;
	}
}

/** Creates the file for what can be written to, without a name: it is gone with the process. */
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

/** Where a path leads in the end, and what is there: nothing, if a link dangles. */
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

/** Loops of links end in `statSync` before. */
function linkTarget(path: string): string | undefined {
	try {
		return resolve(realpathSync(dirname(path)), readlinkSync(path));
	} catch {
		return undefined;
	}
}

/** `/dev/fd/63`, `/proc/self/fd/1`: an open file, which a name leads to that is not its own. */
function isDescriptor(path: string): boolean {
	return /^\/(?:dev\/(?:fd\/\d+|stdout|stderr)|proc\/(?:self|thread-self|\d+)\/fd\/\d+)$/.test(
		path,
	);
}
