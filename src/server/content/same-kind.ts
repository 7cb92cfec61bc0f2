import type { ServedFiles } from '../../scenarios/served-files.ts';
import { isImagePath } from '../../scenarios/verdict.ts';
import type { ContentSource, ServedFile } from './content-source.ts';

/**
 * The first file of the same kind with other content: an image of the same format, or no image at all, so
 * that only a digest tells them apart. Nothing empty, which would tell, too.
 *
 * @param start - Where to look first, from 0 to 1.
 * @returns The file itself if there is none.
 */
export async function otherOfSameKind(
	source: ContentSource,
	file: ServedFile,
	start: number,
): Promise<ServedFile> {
	const alike = pathsByKind(source.files).get(kindOf(file.path)) ?? [];
	const first = Math.floor(start * alike.length);
	for (let step = 0; step < alike.length; step += 1) {
		const other = await source.find(alike[(first + step) % alike.length] ?? '');
		if (other !== undefined && other.body.length > 0 && other.etag !== file.etag) {
			return other;
		}
	}
	return file;
}

/** A plan asks for each of maybe many files. */
const known = new WeakMap<ServedFiles, ReadonlyMap<string, readonly string[]>>();

function pathsByKind(files: ServedFiles): ReadonlyMap<string, readonly string[]> {
	let byKind = known.get(files);
	if (byKind === undefined) {
		const lists = new Map<string, string[]>();
		for (const path of files.paths) {
			const list = lists.get(kindOf(path)) ?? [];
			lists.set(kindOf(path), list);
			list.push(path);
		}
		byKind = lists;
		known.set(files, byKind);
	}
	return byKind;
}

function kindOf(path: string): string {
	return isImagePath(path) ? path.slice(path.lastIndexOf('.')).toLowerCase() : '';
}
