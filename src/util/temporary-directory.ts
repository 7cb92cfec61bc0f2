import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CannotRunError } from './cannot-run-error.ts';

/**
 * Makes a directory for files of one process, which it removes when it is done.
 *
 * @param parent - Another one than TMPDIR, if a shell would take that for more than a path.
 * @throws {CannotRunError} If that is not possible.
 */
export async function makeTemporaryDirectory(
	prefix: string,
	parent: string = tmpdir(),
): Promise<string> {
	try {
		return await mkdtemp(join(resolve(parent), prefix));
	} catch (error) {
		const { message } = error as Error;
		const quality = parent === tmpdir() ? '' : ' and needs no quotes in a shell';
		throw new CannotRunError(
			`cannot use the directory for temporary files ${parent}: ${message}; set TMPDIR to one that can be written to${quality}`,
			{ cause: error },
		);
	}
}
