import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { flagCodes, flagPath, metadataPath } from '../scenarios/flag-codes.ts';
import { createFlagFile, type FlagFile } from './flag-file.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

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
