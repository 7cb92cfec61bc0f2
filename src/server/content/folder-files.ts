import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { ServedFiles } from '../../scenarios/served-files.ts';
import { type PlainRequest, type PreparedResponse, textResponse } from '../response.ts';
import { FileBody } from './body.ts';
import {
	type ContentSource,
	createServedFile,
	fileInMemory,
	type ServedFile,
} from './content-source.ts';
import { isReservedPath, segmentsOf, urlPathOf } from './url-path.ts';

/** Larger files are read while they are sent. */
const MAX_BYTES_IN_MEMORY = 64 * 1024;
/** Files cached with their digests, small ones with their content: 128 MiB at most. */
const MAX_CACHED = 2048;

interface CachedFile {
	readonly version: string;
	readonly file: ServedFile | Promise<ServedFile | undefined>;
}

/** The files below a folder. Links that lead outside of it are not served. */
export class FolderFiles implements ContentSource {
	readonly files: ServedFiles;
	readonly #root: string;
	readonly #cache = new Map<string, CachedFile>();

	/** @throws {NodeJS.ErrnoException} If the folder does not exist or is a file. */
	constructor(folder: string) {
		this.#root = realpathSync.native(folder);
		// Throws for a file.
		readdirSync(this.#root);
		const paths = listFiles(this.#root, [], (filePath) => this.#isInside(filePath))
			.map(urlPathOf)
			.filter((path) => !isReservedPath(path))
			.sort();
		this.files = { paths, selectable: paths, form: `those below ${folder}` };
	}

	find(path: string): ServedFile | undefined | Promise<ServedFile | undefined> {
		try {
			return this.#find(path);
		} catch {
			// Overlong names, link loops and unreadable files count as missing.
			return undefined;
		}
	}

	#find(path: string): ServedFile | undefined | Promise<ServedFile | undefined> {
		const names = segmentsOf(path);
		if (names === undefined) {
			return undefined;
		}
		const segments = path.endsWith('/') ? [...names, 'index.html'] : names;
		const filePath = join(this.#root, ...segments);
		const stats = statSync(filePath, { throwIfNoEntry: false });
		if (stats?.isFile() !== true || segments.length === 0) {
			return undefined;
		}
		const version = versionOf(stats);
		const cached = this.#cache.get(filePath);
		if (cached?.version === version) {
			return cached.file;
		}
		const real = realpathSync.native(filePath);
		if (!this.#isInside(real)) {
			return undefined;
		}
		return this.#store(filePath, version, readServedFile(real, urlPathOf(segments), stats));
	}

	/** Redirects a folder with an index to its path with a slash; otherwise relative links would break. */
	answer({ path, query }: PlainRequest): PreparedResponse | undefined {
		const names = segmentsOf(path);
		if (names === undefined || path.endsWith('/') || this.find(`${path}/`) === undefined) {
			return undefined;
		}
		const location = `${urlPathOf(names)}/${query === '' ? '' : `?${query}`}`;
		return textResponse(301, `see ${location}\n`, { location });
	}

	#isInside(filePath: string): boolean {
		return filePath.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep);
	}

	#store(filePath: string, version: string, file: CachedFile['file']): CachedFile['file'] {
		this.#cache.delete(filePath);
		this.#cache.set(filePath, { version, file });
		if (this.#cache.size > MAX_CACHED) {
			const [oldest = ''] = this.#cache.keys();
			this.#cache.delete(oldest);
		}
		if (file instanceof Promise) {
			void file.then((read) => {
				if (read === undefined && this.#cache.get(filePath)?.file === file) {
					this.#cache.delete(filePath);
				}
			});
		}
		return file;
	}
}

/** Identifies the version of a file, or of the target of a link. */
function versionOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
	return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

function readServedFile(file: string, path: string, { size, mtime }: Stats): CachedFile['file'] {
	const modified = mtime.toUTCString();
	if (size > MAX_BYTES_IN_MEMORY) {
		const body = new FileBody(file, 0, size);
		return digestOf(body).then(
			(digest) => createServedFile(path, body, digest, modified),
			// A file that cannot be read completely counts as missing.
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

/** Path segments of each file, recursively. Includes links to files within the folder, but no links to folders. */
function listFiles(
	root: string,
	folder: readonly string[],
	isInside: (filePath: string) => boolean,
): string[][] {
	return readFolder(join(root, ...folder)).flatMap((entry) => {
		const names = [...folder, entry.name];
		if (entry.name.includes('\u{FFFD}') && !existsSync(join(root, ...names))) {
			// The name is not UTF-8, so that no URL can address it.
			return [];
		}
		if (entry.isDirectory()) {
			return listFiles(root, names, isInside);
		}
		const filePath = resolve(root, ...names);
		return entry.isFile() || (entry.isSymbolicLink() && isLinkToFile(filePath, isInside))
			? [names]
			: [];
	});
}

function isLinkToFile(link: string, isInside: (filePath: string) => boolean): boolean {
	try {
		const real = realpathSync.native(link);
		return isInside(real) && statSync(real).isFile();
	} catch {
		return false;
	}
}

/** Unreadable folders count as empty. */
function readFolder(folder: string) {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch {
		return [];
	}
}
