import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contestant, WorkTarget } from './contestant.ts';

/** What a run has left behind, compared with what it should. */
export interface FilesOnDisk {
	readonly present: number;
	readonly bytes: number;
	/** Ids of targets whose files are there and are not the true ones. */
	readonly wrong: readonly string[];
	/** SHA-256 of each file that is there, by id of its target. */
	readonly digests: ReadonlyMap<string, string>;
}

/**
 * Reads every file that a run should have saved.
 *
 * @param expected - SHA-256 by id of the target; a file without one counts as true.
 */
export async function checkFiles(
	directory: string,
	targets: readonly WorkTarget[],
	expected: ReadonlyMap<string, string>,
	{ fileOf = ({ name }) => name }: Pick<Contestant, 'fileOf'>,
): Promise<FilesOnDisk> {
	const wrong: string[] = [];
	const digests = new Map<string, string>();
	let bytes = 0;

	for (const target of targets) {
		const content = await readIfThere(join(directory, fileOf(target)));
		if (content === undefined) {
			continue;
		}
		const digest = createHash('sha256').update(content).digest('hex');
		const truth = expected.get(target.id);
		digests.set(target.id, digest);
		bytes += content.length;
		if (truth !== undefined && truth !== digest) {
			wrong.push(target.id);
		}
	}
	return { present: digests.size, bytes, wrong, digests };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
	try {
		return await readFile(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' || code === 'ENOTDIR') {
			return undefined;
		}
		throw error;
	}
}
