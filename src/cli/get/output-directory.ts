import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { CannotRunError } from '../cannot-run.ts';

/**
 * Creates the output directory, and makes sure that it can be written to.
 *
 * @param asGiven - What messages call it.
 * @throws {CannotRunError}
 */
export async function prepareDirectory(path: string, asGiven: string): Promise<void> {
	try {
		await mkdir(path, { recursive: true });
		await access(path, constants.W_OK | constants.X_OK);
	} catch (error) {
		const { message } = error as Error;
		throw new CannotRunError(
			`cannot write to the output directory ${asGiven}: ${message}; give another one with -d`,
			{ cause: error },
		);
	}
}
