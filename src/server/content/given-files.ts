import type { ServedFiles } from '../../scenarios/served-files.ts';
import { type ContentSource, fileInMemory, type ServedFile } from './content-source.ts';
import { namesOf, urlPathOf, urlPathOfGiven } from './url-path.ts';

/** Files that are in memory from the start. */
export class GivenFiles implements ContentSource {
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
