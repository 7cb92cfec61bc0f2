import { createHash } from 'node:crypto';
import type { ServedFiles } from '../../scenarios/served-files.ts';
import { type ContentSource, createServedFile, type ServedFile } from './content-source.ts';
import { contentTypeOf } from './content-type.ts';
import { otherOfSameKind } from './same-kind.ts';
import { namesOf, urlPathOf, urlPathOfGiven } from './url-path.ts';

// A constant makes runs comparable.
const LAST_MODIFIED = 'Thu, 01 Jan 2026 00:00:00 GMT';

/** Files that are in memory from the start. */
export class GivenFiles implements ContentSource {
	readonly files: ServedFiles;
	readonly #byPath: ReadonlyMap<string, ServedFile>;

	/**
	 * @param contents - By path, encoded or not: `/a.txt`.
	 * @throws {RangeError} If a path is none.
	 */
	constructor(contents: Readonly<Record<string, Uint8Array | string>>) {
		const all = Object.entries(contents).map(([path, content]) => {
			const body = Buffer.from(content);
			const facts = {
				path: urlPathOfGiven(path),
				contentType: contentTypeOf(path),
				lastModified: LAST_MODIFIED,
				digest: createHash('sha256').update(body).digest(),
			};
			return [facts.path, createServedFile(facts, body)] as const;
		});
		this.#byPath = new Map(all);
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

	async otherThan(file: ServedFile, start: number): Promise<ServedFile> {
		return await otherOfSameKind(file, start, this.files.paths, (path) => this.find(path));
	}

	answer(): undefined {
		return undefined;
	}
}
