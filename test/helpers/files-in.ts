import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** All files below a folder, parts included: each kept part as `.flagdl/*.part`. */
export async function filesIn(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => !entry.isDirectory())
		.map((entry) => relative(folder, join(entry.parentPath, entry.name)))
		.map((path) => path.replace(/^\.flagdl\/[0-9a-f]{32}\.part$/, '.flagdl/*.part'))
		.sort();
}
