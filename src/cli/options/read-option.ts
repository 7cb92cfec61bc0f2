import { systemReason, UsageError } from '../../util/errors.ts';
import { readTextFile } from '../../util/read-text-file.ts';

/** Does something with an option's value; what is wrong with it then begins with its name. */
export function withOptionName<T>(option: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (error instanceof UsageError) {
			throw new UsageError(`${option}: ${error.message}`, { cause: error });
		}
		throw error;
	}
}

/**
 * Reads the whole of a small file that an option names.
 *
 * @param shown - What messages call it.
 * @param hint - What else may be meant.
 * @throws {UsageError} With the system's error as its cause.
 */
export function readOptionFile(option: string, path: string, shown: string, hint = ''): string {
	try {
		return readTextFile(path);
	} catch (error) {
		const message = `${option}: cannot read ${shown}: ${systemReason(error)}${hint}`;
		throw new UsageError(message, { cause: error });
	}
}
