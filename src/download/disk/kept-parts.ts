import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { removeQuietly } from '../../util/directories.ts';
import { PartFile } from './part-file.ts';
import type { PartsDirectory } from './parts-directory.ts';

/** Smaller parts are not worth a range request. */
const RESUME_MIN_BYTES = 1024 * 1024;

const MAGIC = 'flagdl/2';
/** Length of the description as uint32, then the magic. */
const FOOTER_BYTES = 4 + MAGIC.length;
const DESCRIPTION_MAX_BYTES = 64 * 1024;

/** The representation that a part belongs to, as described by its response. */
export interface Version {
	readonly etag?: string;
	readonly lastModified?: string;
	readonly completeBytes?: number;
	/** `Content-Encoding`: servers use one `ETag` for several encodings of a file. */
	readonly contentEncoding?: string;
	/** `Repr-Digest` of the complete representation. */
	readonly reprDigest?: string;
	/** The URL that responded, after redirects: validators are specific to one resource. */
	readonly servedUrl: string;
	/** For `If-Range`: a strong `ETag`, or a `Last-Modified` that qualifies as a strong validator. */
	readonly validator: string;
}

/** The beginning of a file, and the representation that it belongs to. */
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
 * Claims the part of this file that an earlier attempt has kept.
 *
 * @param url - URL of the request: a part from another URL belongs to another resource.
 * @returns Undefined if there is no valid one.
 */
export async function claimPart(
	dest: string,
	url: string,
	parts: PartsDirectory,
): Promise<Part | undefined> {
	const kept = parts.claimKeptPath(dest, partName(dest, url, parts));
	const file = kept && (await PartFile.claim(kept, dest, parts));
	if (!file) {
		return undefined;
	}
	try {
		const found = readDescription(file.descriptor);
		const matches = found?.dest === parts.relative(dest) && found.url === url;
		if (matches && found.bytes >= RESUME_MIN_BYTES) {
			await file.truncate(found.bytes);
			return { file, bytes: found.bytes, version: found };
		}
	} catch {
		// Unreadable: discard it.
	}
	await file.discard();
	return undefined;
}

/** Size of the part of this file kept for a later attempt; 0 if there is none. */
export function keptBytes(dest: string, url: string, parts: PartsDirectory): number {
	const path = parts.findKeptPath(dest, partName(dest, url, parts));
	try {
		return (path === undefined ? undefined : withFile(path, readDescription)?.bytes) ?? 0;
	} catch {
		return 0;
	}
}

/** Removes the parts of a file that has been saved, from all its URLs. */
export function removeKeptParts(dest: string, parts: PartsDirectory): void {
	if (!parts.hasKept(dest)) {
		return;
	}
	const prefix = partNamePrefix(dest, parts);
	for (
		let path = parts.claimKeptPath(dest, prefix);
		path !== undefined;
		path = parts.claimKeptPath(dest, prefix)
	) {
		removeQuietly(path);
	}
}

/**
 * Keeps a part for a later attempt, in this run or another, if it is worth a range request.
 *
 * Its description is appended to it, not written to a second file, so that one rename publishes both.
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
		await file.keepAs(parts.createKeptPath(dest, partName(dest, url, parts)));
	} catch {
		await file.discard();
	}
}

/** Whether the file of a kept part has been saved since, or the part is unreadable. */
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

/** Begins with a hash of the file's path, so that the parts from all its URLs can be found. */
function partName(dest: string, url: string, parts: PartsDirectory): string {
	return `${partNamePrefix(dest, parts)}${shortHash(url)}.part`;
}

function partNamePrefix(dest: string, parts: PartsDirectory): string {
	return shortHash(parts.relative(dest));
}

function shortHash(text: string): string {
	return hash('sha256', text).slice(0, 16);
}

/** @param file - Descriptor. Read synchronously, as it is only a few hundred bytes. */
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

/** @returns Size of the content in the file; undefined if the footer is invalid. */
function contentBytes(footer: Buffer, sizeBytes: number): number | undefined {
	const length = footer.readUInt32BE();
	const bytes = sizeBytes - FOOTER_BYTES - length;
	const isFooter = footer.toString('latin1', 4) === MAGIC;
	return isFooter && length <= DESCRIPTION_MAX_BYTES && bytes >= 0 ? bytes : undefined;
}

function parseDescription(text: string): Description | undefined {
	try {
		const found = JSON.parse(text) as Partial<Description> | null;
		const isValid =
			typeof found?.dest === 'string' &&
			typeof found.url === 'string' &&
			typeof found.servedUrl === 'string' &&
			typeof found.validator === 'string';
		return isValid ? (found as Description) : undefined;
	} catch {
		return undefined;
	}
}
