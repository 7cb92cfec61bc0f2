import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotRunError } from './cannot-run-error.ts';

/**
 * Makes a directory for files of one process, which it removes when it is done.
 *
 * @throws {CannotRunError} If that is not possible.
 */
export async function makeTemporaryDirectory(prefix: string): Promise<string> {
	try {
		return await mkdtemp(join(tmpdir(), prefix));
	} catch (error) {
		const { message } = error as Error;
		throw new CannotRunError(
			`cannot use the directory for temporary files ${tmpdir()}: ${message}; set TMPDIR to one that can be written to`,
			{ cause: error },
		);
	}
}
