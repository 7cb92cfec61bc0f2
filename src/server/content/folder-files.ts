import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { ServedFiles } from '../../scenarios/served-files.ts';
import { type Answer, type PlainRequest, textAnswer } from '../response.ts';
import { FileBody } from './body.ts';
import {
	type ContentSource,
	createServedFile,
	fileInMemory,
	type ServedFile,
} from './content-source.ts';
import { isReservedPath, namesOf, urlPathOf } from './url-path.ts';

/** Larger files are read as they are sent. */
const MAX_BYTES_IN_MEMORY = 64 * 1024;
/** Files that are remembered with their digests, and of the small ones their content: 128 MiB at most. */
const MAX_REMEMBERED = 2048;

interface Remembered {
	readonly version: string;
	readonly file: ServedFile | Promise<ServedFile | undefined>;
}

/** The files below a folder. Nothing outside of it is served, wherever links lead. */
export class FolderFiles implements ContentSource {
	readonly files: ServedFiles;
	readonly #root: string;
	readonly #remembered = new Map<string, Remembered>();

	/** @throws {NodeJS.ErrnoException} If it is not there, or is no folder. */
	constructor(folder: string) {
		this.#root = realpathSync.native(folder);
		// Lists an empty folder and throws for a file.
		readdirSync(this.#root);
		const paths = listFiles(this.#root, [], (place) => this.#isInside(place))
			.map(urlPathOf)
			.filter((path) => !isReservedPath(path))
			.sort();
		this.files = { paths, selectable: paths, form: `those below ${folder}` };
	}

	find(path: string): ServedFile | undefined | Promise<ServedFile | undefined> {
		try {
			return this.#find(path);
		} catch {
			// Names that are too long, links in circles, what may not be read: not there.
			return undefined;
		}
	}

	#find(path: string): ServedFile | undefined | Promise<ServedFile | undefined> {
		const names = namesOf(path);
		if (names === undefined) {
			return undefined;
		}
		const all = path.endsWith('/') ? [...names, 'index.html'] : names;
		const place = join(this.#root, ...all);
		const stats = statSync(place, { throwIfNoEntry: false });
		if (stats?.isFile() !== true || all.length === 0) {
			return undefined;
		}
		const version = versionOf(stats);
		const known = this.#remembered.get(place);
		if (known?.version === version) {
			return known.file;
		}
		const real = realpathSync.native(place);
		if (!this.#isInside(real)) {
			return undefined;
		}
		return this.#remember(place, version, readServedFile(real, urlPathOf(all), stats));
	}

	/** A folder with an index is to be asked for with a slash, or the links of its page would lead astray. */
	answer({ path, query }: PlainRequest): Answer | undefined {
		const names = namesOf(path);
		if (names === undefined || path.endsWith('/') || this.find(`${path}/`) === undefined) {
			return undefined;
		}
		const location = `${urlPathOf(names)}/${query === '' ? '' : `?${query}`}`;
		return textAnswer(301, `see ${location}\n`, { location });
	}

	#isInside(place: string): boolean {
		return place.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep);
	}

	#remember(place: string, version: string, file: Remembered['file']): Remembered['file'] {
		this.#remembered.delete(place);
		this.#remembered.set(place, { version, file });
		if (this.#remembered.size > MAX_REMEMBERED) {
			const [oldest = ''] = this.#remembered.keys();
			this.#remembered.delete(oldest);
		}
		if (file instanceof Promise) {
			void file.then((read) => {
				if (read === undefined && this.#remembered.get(place)?.file === file) {
					this.#remembered.delete(place);
				}
			});
		}
		return file;
	}
}

/** Whatever differs is another version; also what a link leads to. */
function versionOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
	return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

function readServedFile(file: string, path: string, { size, mtime }: Stats): Remembered['file'] {
	const modified = mtime.toUTCString();
	if (size > MAX_BYTES_IN_MEMORY) {
		const body = new FileBody(file, 0, size);
		return digestOf(body).then(
			(digest) => createServedFile(path, body, digest, modified),
			// What cannot be read to its end is not there.
			() => undefined,
		);
	}
	return fileInMemory(path, readFileSync(file), modified);
}

async function digestOf(body: FileBody): Promise<Buffer> {
	const hash = createHash('sha256');
	for await (const chunk of body.chunks()) {
		hash.update(chunk);
	}
	return hash.digest();
}

/** Names of each file, folder by folder. Links to files count if they lead to one of the folder, links to folders do not. */
function listFiles(
	root: string,
	folder: readonly string[],
	isInside: (place: string) => boolean,
): string[][] {
	return readFolder(join(root, ...folder)).flatMap((entry) => {
		const names = [...folder, entry.name];
		if (entry.name.includes('\u{FFFD}') && !existsSync(join(root, ...names))) {
			// Its name is not UTF-8, and no URL leads to it.
			return [];
		}
		if (entry.isDirectory()) {
			return listFiles(root, names, isInside);
		}
		const place = resolve(root, ...names);
		return entry.isFile() || (entry.isSymbolicLink() && leadsToFile(place, isInside))
			? [names]
			: [];
	});
}

function leadsToFile(link: string, isInside: (place: string) => boolean): boolean {
	try {
		const real = realpathSync.native(link);
		return isInside(real) && statSync(real).isFile();
	} catch {
		return false;
	}
}

/** What may not be read is not served. */
function readFolder(folder: string) {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch {
		return [];
	}
}
