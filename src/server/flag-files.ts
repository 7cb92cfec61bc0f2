import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { flagCodes, flagPath, metadataPath } from '../scenarios/flag-codes.ts';

/** One file of the fixtures with all that HTTP says of it. */
export interface FlagFile {
	/** Its only name: `/flags/br/br.gif`. */
	readonly path: string;
	/** Country code, lower case. */
	readonly code: string;
	readonly body: Buffer;
	readonly contentType: string;
	/** Strong validator, quotes included. */
	readonly etag: string;
	/** RFC 9530, of the true bytes. */
	readonly reprDigest: string;
}

const FIXTURES = new URL('../../fixtures/', import.meta.url);

// Files have the date of their checkout or of their package; a constant makes runs comparable.
export const LAST_MODIFIED = 'Thu, 01 Jan 2026 00:00:00 GMT';

/** The files that the server has, each read when first asked for and kept from then on. */
export class FlagFiles {
	readonly #sources = new Map<string, Source>();
	readonly #files = new Map<string, FlagFile>();

	constructor() {
		for (const code of flagCodes()) {
			const image = flagPath(code);
			const metadata = metadataPath(code);
			this.#sources.set(image, { path: image, code, contentType: 'image/gif' });
			this.#sources.set(metadata, { path: metadata, code, contentType: 'application/json' });
		}
	}

	/**
	 * @param path - Compared letter by letter with the known names: nothing from outside is ever joined
	 *   to a path of the file system.
	 */
	get(path: string): FlagFile | undefined {
		const known = this.#files.get(path);
		if (known !== undefined) return known;

		const source = this.#sources.get(path);
		if (source === undefined) return undefined;

		const file = readFlagFile(source);
		this.#files.set(source.path, file);
		return file;
	}
}

type Source = Pick<FlagFile, 'path' | 'code' | 'contentType'>;

// Synchronous: some kilobytes, once for each file, cost less than handing them over.
function readFlagFile(source: Source): FlagFile {
	const body = readFileSync(new URL(source.path.slice(1), FIXTURES));
	const hash = createHash('sha256').update(body).digest();
	return {
		...source,
		body,
		etag: `"${hash.toString('hex', 0, 12)}"`,
		reprDigest: `sha-256=:${hash.toString('base64')}:`,
	};
}

/** @param path - One that the server has. */
export function flagBytes(path: string): number {
	return statSync(new URL(path.slice(1), FIXTURES)).size;
}
