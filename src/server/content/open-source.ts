import type { ServedFiles } from '../../scenarios/served-files.ts';
import { BundledFlags } from './bundled-flags.ts';
import { type ContentSource, fileInMemory, type ServedFile } from './content-source.ts';
import { namesOf, urlPathOf, urlPathOfGiven } from './url-path.ts';

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
		return new GivenFiles(files);
	}
	return new BundledFlags();
}

/** Files that are in memory from the start. */
class GivenFiles implements ContentSource {
	readonly files: ServedFiles;
	readonly #byPath: ReadonlyMap<string, ServedFile>;

	/**
	 * @param contents - By path, encoded or not: `/a.txt`.
	 * @throws {RangeError} If a path is none.
	 */
	constructor(contents: Readonly<Record<string, Uint8Array | string>>) {
		const all = Object.entries(contents).map(([path, content]) =>
			fileInMemory(urlPathOfGiven(path), Buffer.from(content)),
		);
		this.#byPath = new Map(all.map((file) => [file.path, file]));
		const paths = [...this.#byPath.keys()].sort();
		this.files = { paths, selectable: paths, form: paths.join(', ') };
	}

	find(path: string): ServedFile | undefined {
		const known = this.#byPath.get(path);
		if (known !== undefined) {
			return known;
		}
		const names = namesOf(path);
		const all = names !== undefined && path.endsWith('/') ? [...names, 'index.html'] : names;
		return all && this.#byPath.get(urlPathOf(all));
	}
}
