import { createHash, hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { flagCodes, flagPath, metadataPath } from '../../scenarios/served-files.ts';
import { type Answer, fieldsOf } from '../response.ts';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

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
	/** 200, with everything. */
	readonly whole: Answer;
}

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
		if (known !== undefined) {
			return known;
		}

		const source = this.#sources.get(path);
		if (source === undefined) {
			return undefined;
		}

		const file = readFlagFile(source);
		this.#files.set(source.path, file);
		return file;
	}
}

type Source = Pick<FlagFile, 'path' | 'code' | 'contentType'>;

// Synchronous: some kilobytes, once for each file, cost less than handing them over.
function readFlagFile(source: Source): FlagFile {
	return createFlagFile(source, readFileSync(new URL(source.path.slice(1), FIXTURES)));
}

/** @param path - One that the server has. */
export function flagBytes(path: string): number {
	return statSync(new URL(path.slice(1), FIXTURES)).size;
}

/** @param path - One that the server has. @returns SHA-256, lower-case hexadecimal. */
export function flagSha256(path: string): string {
	return hash('sha256', readFileSync(new URL(path.slice(1), FIXTURES)), 'hex');
}

function createFlagFile(
	source: Pick<FlagFile, 'path' | 'code' | 'contentType'>,
	body: Buffer,
): FlagFile {
	const hash = createHash('sha256').update(body).digest();
	const etag = `"${hash.toString('hex', 0, 12)}"`;
	const reprDigest = `sha-256=:${hash.toString('base64')}:`;
	const headers = {
		...representationHeaders({ etag, reprDigest }),
		'accept-ranges': 'bytes',
		'content-type': source.contentType,
		'content-length': String(body.length),
	};
	const whole = { status: 200, headers, body };
	return { ...source, body, etag, reprDigest, whole: { ...whole, fields: fieldsOf(whole) } };
}

/** What is the same in every answer for a file, 304 included. */
export function representationHeaders({
	etag,
	reprDigest,
}: Pick<FlagFile, 'etag' | 'reprDigest'>): Record<string, string> {
	return {
		etag,
		'last-modified': LAST_MODIFIED,
		// A cache on the way would hide the faults that are planned.
		'cache-control': 'no-cache',
		'repr-digest': reprDigest,
	};
}
