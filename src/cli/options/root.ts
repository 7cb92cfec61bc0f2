import { resolve } from 'node:path';
import type { ContentSource } from '../../server/content/content-source.ts';
import { isCode, systemReason, UsageError } from '../../util/errors.ts';
import { quote } from '../../util/text.ts';

export const ROOT_HELP = 'serve the files of this folder instead of the flags';

/**
 * Reads `--root`.
 *
 * @throws {UsageError} If it is no folder that can be read.
 */
export async function openRoot(root: string, cwd: string): Promise<ContentSource> {
	const { FolderFiles } = await import('../../server/content/folder-files.ts');
	try {
		return new FolderFiles(resolve(cwd, root));
	} catch (error) {
		const why = isCode(error, 'ENOTDIR')
			? `found the file ${quote(root)}; allowed: a folder`
			: `cannot read ${quote(root)}: ${systemReason(error)}`;
		throw new UsageError(`--root: ${why}`, { cause: error });
	}
}
