import { resolve } from 'node:path';
import { Option } from 'commander';
import type { ContentSource } from '../../server/content/content-source.ts';
import { namesOf, urlPathOf } from '../../server/content/url-path.ts';
import { isCode, systemReason, UsageError } from '../../util/errors.ts';
import { explainInput, suggest } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';

export function rootOption(): Option {
	return new Option('--root <dir>', 'serve the files of this folder instead of the flags');
}

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
			? explainInput(`the file ${quote(root)}`, 'a folder')
			: `cannot read ${quote(root)}: ${systemReason(error)}`;
		throw new UsageError(`--root: ${why}`, { cause: error });
	}
}

/**
 * The files of `--root` that are meant.
 *
 * @param given - Paths below the folder, as they are named or as they stand in URLs; none: all.
 * @throws {UsageError}
 */
export function pathsIn(
	{ files }: ContentSource,
	given: readonly string[],
	{ all = false, every = false }: { readonly all?: boolean; readonly every?: boolean },
): readonly string[] {
	if (all || every) {
		throw new UsageError(
			`${all ? '--all' : '--every'} is for flags; with --root every file is meant unless you name some`,
		);
	}
	if (files.paths.length === 0) {
		throw new UsageError(`--root: ${explainInput('no file in it', 'a folder with files')}`);
	}
	return given.length === 0 ? files.paths : given.map((name) => pathOf(name, files.paths));
}

function pathOf(name: string, paths: readonly string[]): string {
	const asUrl = name.startsWith('/') ? name : `/${name}`;
	const asNamed = urlPathOf(asUrl.split('/').filter((part) => part !== ''));
	const names = namesOf(asUrl);
	const path = [asNamed, names && urlPathOf(names)].find((one) => one && paths.includes(one));
	if (path === undefined) {
		throw new UsageError(
			explainInput(
				`no file ${quote(name)} below --root`,
				'a path of one of its files',
				suggest(asUrl, paths),
			),
		);
	}
	return path;
}
