import { BundledFlags } from './bundled-flags.ts';
import type { ContentSource } from './content-source.ts';

/** What a server serves; by default the bundled flags. */
export interface ContentOptions {
	/** A folder whose files are served under `/`. */
	readonly root?: string;
	/** Files in memory by path, as in `{ '/a.txt': 'content' }`. */
	readonly files?: Readonly<Record<string, Uint8Array | string>>;
}

/**
 * @throws {RangeError} If both are given, or a path is none.
 * @throws {NodeJS.ErrnoException} If the folder is not there, or is none.
 */
export async function openSource({ root, files }: ContentOptions): Promise<ContentSource> {
	if (root !== undefined && files !== undefined) {
		throw new RangeError('root and files contradict each other; give one of them');
	}
	if (root !== undefined) {
		const { FolderFiles } = await import('./folder-files.ts');
		return new FolderFiles(root);
	}
	if (files !== undefined) {
		const { GivenFiles } = await import('./given-files.ts');
		return new GivenFiles(files);
	}
	return new BundledFlags();
}
