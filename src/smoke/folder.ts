import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isCode } from '../util/errors.ts';

/** The contents of an output directory, with `/` between the parts of a name. */
export function readFolder(directory: string): Map<string, Buffer> {
	const names = readdirSync(directory, { recursive: true, withFileTypes: true })
		.filter((entry) => !entry.isDirectory())
		.map((entry) => relative(directory, join(entry.parentPath, entry.name)))
		.sort();
	return new Map(
		names.map((name) => [
			name.split(sep).join('/'),
			readIfThere(join(directory, name)) ?? Buffer.alloc(0),
		]),
	);
}

/** @returns `undefined` where there is no such file. */
export function readIfThere(path: string): Buffer | undefined {
	// An exception for every look at what is not there yet would cost ten times as much.
	if (!existsSync(path)) {
		return undefined;
	}
	try {
		return readFileSync(path);
	} catch (error) {
		if (isCode(error, 'ENOENT')) {
			return undefined;
		}
		throw error;
	}
}
