import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lists, WorkTarget } from './contestant.ts';

/** @param directory - Absolute, of the bench's own. */
export function writeLists(directory: string, targets: readonly WorkTarget[]): Lists {
	const write = (name: string, text: () => string) => {
		const path = join(directory, name);
		if (!existsSync(path)) {
			writeFileSync(path, text());
		}
		return path;
	};
	return {
		targets,
		flagdl: write('flagdl.txt', () => targets.map(({ url, name }) => `${url}\t${name}\n`).join('')),
		write,
	};
}
