import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { removeQuietly } from '../../util/directories.ts';
import { PartFile } from './part-file.ts';
import type { PartsDirectory } from './parts-directory.ts';

/** Smaller parts are not worth a range request. */
const RESUME_MIN_BYTES = 1024 * 1024;

const MAGIC = 'flagdl/2';
/** Length of the description in four bytes, then the magic. */
const FOOTER_BYTES = 4 + MAGIC.length;
const DESCRIPTION_MAX_BYTES = 64 * 1024;

/** The representation that a part is of, as its response has told. */
export interface Version {
	readonly etag?: string;
	readonly lastModified?: string;
	readonly completeBytes?: number;
	/** `Content-Encoding`: servers give the same `ETag` to one file in several of them. */
	readonly contentEncoding?: string;
	/** `Repr-Digest`: of the whole, as it must be in the end. */
	readonly reprDigest?: string;
	/** The URL that has responded, after redirects: validators hold for one resource only. */
	readonly servedUrl: string;
	/** What `If-Range` takes: a strong `ETag`, or a `Last-Modified` that is strong. */
	readonly validator: string;
}

/** The beginning of a file, and what it is of. */
export interface Part {
	readonly file: PartFile;
	readonly bytes: number;
	readonly version: Version;
}

interface Description extends Version {
	/** Path below the root. */
	readonly dest: string;
	readonly url: string;
}

/**
 * Takes the part that an earlier attempt has kept of this file.
 *
 * @param url - Where it is asked for: a part of another URL is of another resource.
 * @returns Undefined if there is none that can be trusted.
 */
export async function claimPart(
	dest: string,
	url: string,
	parts: PartsDirectory,
): Promise<Part | undefined> {
	const kept = parts.takeKeptPath(dest, nameOf(dest, url, parts));
	const file = kept && (await PartFile.claim(kept, dest, parts));
	if (!file) {
		return undefined;
	}
	try {
		const found = readDescription(file.descriptor);
		const isOfThis = found?.dest === parts.relative(dest) && found.url === url;
		if (isOfThis && found.bytes >= RESUME_MIN_BYTES) {
			await file.truncate(found.bytes);
			return { file, bytes: found.bytes, version: found };
		}
	} catch {
		// The disk does not give it back.
	}
	await file.discard();
	return undefined;
}

/** How much of this file is kept for a later attempt; 0 if nothing is. */
export function keptBytes(dest: string, url: string, parts: PartsDirectory): number {
	const path = parts.findKeptPath(dest, nameOf(dest, url, parts));
	try {
		return (path === undefined ? undefined : withFile(path, readDescription)?.bytes) ?? 0;
	} catch {
		return 0;
	}
}

/** Removes what is kept of a file, of all its URLs: it is there now. */
export function forgetParts(dest: string, parts: PartsDirectory): void {
	if (!parts.hasKept(dest)) {
		return;
	}
	const begin = nameOfFile(dest, parts);
	for (
		let path = parts.takeKeptPath(dest, begin);
		path !== undefined;
		path = parts.takeKeptPath(dest, begin)
	) {
		removeQuietly(path);
	}
}

/**
 * Keeps a part for a later attempt, of this run or another, if it is worth a range request.
 *
 * What it is of stands at its end, not in a second file: one rename gives both or neither.
 */
export async function keepPart(
	dest: string,
	url: string,
	{ file, bytes, version }: Part,
	parts: PartsDirectory,
): Promise<void> {
	if (bytes < RESUME_MIN_BYTES) {
		await file.discard();
		return;
	}
	const { etag, lastModified, completeBytes, contentEncoding, reprDigest } = version;
	const { servedUrl, validator } = version;
	const validators = { etag, lastModified, servedUrl, validator };
	const known = { ...validators, completeBytes, contentEncoding, reprDigest };
	const text = Buffer.from(JSON.stringify({ dest: parts.relative(dest), url, ...known }));
	const footer = Buffer.alloc(FOOTER_BYTES);
	footer.writeUInt32BE(text.length);
	footer.write(MAGIC, 4, 'latin1');
	try {
		await file.truncate(bytes);
		await file.write([text, footer], bytes);
		await file.keepAs(parts.createKeptPath(dest, nameOf(dest, url, parts)));
	} catch {
		await file.discard();
	}
}

/** Whether the file of a kept part was saved since, or it is no part that can be read. */
export function isObsoletePart(path: string, root: string): boolean {
	try {
		return withFile(path, (file) => {
			const found = readDescription(file);
			const saved = found && lstatSync(join(root, found.dest), { throwIfNoEntry: false });
			return found === undefined || (saved?.mtimeMs ?? 0) >= fstatSync(file).mtimeMs;
		});
	} catch {
		return true;
	}
}

function withFile<T>(path: string, read: (file: number) => T): T {
	const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	try {
		return read(file);
	} finally {
		closeSync(file);
	}
}

/** By its file first, so that the parts of all its URLs can be found. */
function nameOf(dest: string, url: string, parts: PartsDirectory): string {
	return `${nameOfFile(dest, parts)}${shortHash(url)}.part`;
}

function nameOfFile(dest: string, parts: PartsDirectory): string {
	return shortHash(parts.relative(dest));
}

function shortHash(text: string): string {
	return hash('sha256', text).slice(0, 16);
}

/** @param file - Its descriptor: what is read here is a few hundred bytes. */
function readDescription(file: number): (Description & { bytes: number }) | undefined {
	const { size: sizeBytes } = fstatSync(file);
	const footer = Buffer.alloc(FOOTER_BYTES);
	if (sizeBytes < FOOTER_BYTES) {
		return undefined;
	}
	readSync(file, footer, 0, FOOTER_BYTES, sizeBytes - FOOTER_BYTES);
	const bytes = contentBytes(footer, sizeBytes);
	if (bytes === undefined) {
		return undefined;
	}
	const text = Buffer.alloc(sizeBytes - FOOTER_BYTES - bytes);
	readSync(file, text, 0, text.length, bytes);
	const description = parseDescription(text.toString());
	return description && { ...description, bytes };
}

/** @returns How much of the file is content; undefined if the footer is none. */
function contentBytes(footer: Buffer, sizeBytes: number): number | undefined {
	const length = footer.readUInt32BE();
	const bytes = sizeBytes - FOOTER_BYTES - length;
	const isFooter = footer.toString('latin1', 4) === MAGIC;
	return isFooter && length <= DESCRIPTION_MAX_BYTES && bytes >= 0 ? bytes : undefined;
}

function parseDescription(text: string): Description | undefined {
	try {
		const found = JSON.parse(text) as Partial<Description> | null;
		const isOne =
			typeof found?.dest === 'string' &&
			typeof found.url === 'string' &&
			typeof found.servedUrl === 'string' &&
			typeof found.validator === 'string';
		return isOne ? (found as Description) : undefined;
	} catch {
		return undefined;
	}
}
