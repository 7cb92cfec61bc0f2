import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** @returns The absolute path of a program, where the PATH leads to it. */
export async function findProgram(name: string, path = ''): Promise<string | undefined> {
	for (const directory of path.split(delimiter)) {
		const file = join(directory, name);
		if (directory !== '' && (await isProgram(file))) {
			return file;
		}
	}
	return undefined;
}

async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch {
		return false;
	}
}
