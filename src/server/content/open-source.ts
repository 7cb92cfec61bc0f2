import type { ServedFiles } from '../../scenarios/served-files.ts';
import { BundledFlags } from './bundled-flags.ts';
import { type ContentSource, fileInMemory, type ServedFile } from './content-source.ts';
import { normalizeUrlPath, segmentsOf, urlPathOf } from './url-path.ts';

/** The content of a server; the bundled flags by default. */
export interface ContentOptions {
	/** Folder whose files are served under `/`. */
	readonly root?: string;
	/** Files in memory by path, as in `{ '/a.txt': 'content' }`. */
	readonly files?: Readonly<Record<string, Uint8Array | string>>;
}

/**
 * @throws {RangeError} If both are given, or a path is invalid.
 * @throws {NodeJS.ErrnoException} If the folder does not exist or is a file.
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
		return new MemoryFiles(files);
	}
	return new BundledFlags();
}

/** Files given in memory. */
class MemoryFiles implements ContentSource {
	readonly files: ServedFiles;
	readonly #byPath: ReadonlyMap<string, ServedFile>;

	/**
	 * @param contents - By path, encoded or not: `/a.txt`.
	 * @throws {RangeError} If a path is invalid.
	 */
	constructor(contents: Readonly<Record<string, Uint8Array | string>>) {
		const all = Object.entries(contents).map(([path, content]) =>
			fileInMemory(normalizeUrlPath(path), Buffer.from(content)),
		);
		this.#byPath = new Map(all.map((file) => [file.path, file]));
		const paths = [...this.#byPath.keys()].sort();
		this.files = { paths, selectable: paths, form: paths.join(', ') };
	}

	find(path: string): ServedFile | undefined {
		const exact = this.#byPath.get(path);
		if (exact !== undefined) {
			return exact;
		}
		const names = segmentsOf(path);
		const all = names !== undefined && path.endsWith('/') ? [...names, 'index.html'] : names;
		return all && this.#byPath.get(urlPathOf(all));
	}
}
