import { join, relative, sep } from 'node:path';
import { destination } from '../../../targets/safe-path.ts';

/**
 * A path as it travels: relative, with `/` between its parts.
 *
 * @throws {UsageError} When it is not below the directory, or no safe name.
 */
export function below(path: string, directory: string): string {
	return destination(relative(directory, path).split(sep).join('/'));
}

/** @throws {UsageError} When it leads out of the directory. */
export function joinBelow(directory: string, path: string): string {
	return join(directory, destination(path));
}
