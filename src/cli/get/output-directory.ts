import { constants, lstatSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { RESERVED_DIRECTORY } from '../../targets/safe-path.ts';
import { makeDirectory } from '../../util/directories.ts';
import { CannotRunError } from '../../util/errors.ts';

/**
 * Creates the output directory, and makes sure that it can be written to.
 *
 * @param asGiven - What messages call it.
 * @throws {CannotRunError}
 */
export async function prepareDirectory(path: string, asGiven: string): Promise<void> {
	try {
		makeDirectory(path);
		await access(path, constants.W_OK | constants.X_OK);
	} catch (error) {
		const { message } = error as Error;
		throw new CannotRunError(
			`cannot write to the output directory ${asGiven}: ${message}; give another one with -d`,
			{ cause: error },
		);
	}
	const reserved = lstatSync(join(path, RESERVED_DIRECTORY), { throwIfNoEntry: false });
	if (reserved?.isDirectory() === false) {
		throw new CannotRunError(
			`cannot write to the output directory ${asGiven}: ${RESERVED_DIRECTORY} in it is no directory, and files are kept there until they are whole; remove it, or give another directory with -d`,
		);
	}
}
