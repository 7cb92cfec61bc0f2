import { isImagePath } from '../../scenarios/verdict.ts';
import type { ServedFile } from './content-source.ts';

/**
 * The first file of the same kind with other content: an image of the same format, or no image at all, so
 * that only a digest tells them apart. Nothing empty, which would tell, too.
 *
 * @param start - Where to look first, from 0 to 1.
 */
export async function otherOfSameKind(
	file: ServedFile,
	start: number,
	paths: readonly string[],
	find: (path: string) => ServedFile | undefined | Promise<ServedFile | undefined>,
): Promise<ServedFile> {
	const alike = paths.filter((path) => kindOf(path) === kindOf(file.path));
	const first = Math.floor(start * alike.length);
	for (let step = 0; step < alike.length; step += 1) {
		const other = await find(alike[(first + step) % alike.length] ?? '');
		if (other !== undefined && other.body.length > 0 && other.etag !== file.etag) {
			return other;
		}
	}
	return file;
}

function kindOf(path: string): string {
	return isImagePath(path) ? path.slice(path.lastIndexOf('.')).toLowerCase() : '';
}
