import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** All files below a folder, parts included: each kept part as `.flagdl/*.part`. Follows no links. */
export async function filesIn(folder: string): Promise<string[]> {
	return (await entriesIn(folder))
		.map((entry) => relative(folder, join(entry.parentPath, entry.name)))
		.map((path) => path.replace(/^\.flagdl\/[0-9a-f]{32}\.part$/, '.flagdl/*.part'))
		.sort();
}

async function entriesIn(folder: string): Promise<Dirent[]> {
	const entries = await readdir(folder, { withFileTypes: true });
	const below = entries.map(async (entry) =>
		entry.isDirectory() ? await entriesIn(join(folder, entry.name)) : [entry],
	);
	return (await Promise.all(below)).flat();
}
