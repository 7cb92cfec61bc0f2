import { existsSync } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { PartFile, partPath } from './part-file.ts';

/** Smaller parts are not worth a range request. */
export const RESUME_MIN_BYTES: number = 1024 * 1024;

const MAGIC = 'flagdl/1';
/** Length of the validator in four bytes, then the magic. */
const FOOTER_BYTES = 4 + MAGIC.length;

/** The beginning of a file, and the validator of the answer that it is from. */
export interface Part {
	readonly file: PartFile;
	readonly bytes: number;
	/** A strong `ETag`, or a `Last-Modified`: what `If-Range` takes. */
	readonly validator: string;
}

/**
 * Takes the part that an earlier attempt left as `<dest>.part`.
 *
 * It is claimed by renaming it, which only one of several runs can do.
 *
 * @returns Undefined where there is none, or none that can be trusted; that one is removed.
 */
export async function claimPart(dest: string): Promise<Part | undefined> {
	const kept = `${dest}.part`;
	if (!existsSync(kept)) {
		return undefined;
	}
	const path = partPath(dest);
	try {
		await rename(kept, path);
	} catch {
		// Another run was faster.
		return undefined;
	}
	const file = await PartFile.reopen(path);
	const trailer = await readTrailer(file, (await stat(path)).size);
	if (trailer === undefined || trailer.bytes < RESUME_MIN_BYTES) {
		await file.discard();
		return undefined;
	}
	await file.truncate(trailer.bytes);
	return { file, ...trailer };
}

/**
 * Leaves a part for a later attempt, of this run or another.
 *
 * The validator stands at its end, not in a second file: one rename gives both or neither.
 */
export async function keepPart(dest: string, { file, bytes, validator }: Part): Promise<void> {
	const text = Buffer.from(validator);
	const footer = Buffer.alloc(FOOTER_BYTES);
	footer.writeUInt32BE(text.length);
	footer.write(MAGIC, 4, 'latin1');
	try {
		await file.truncate(bytes);
		await file.write([text, footer], bytes);
		await file.moveTo(`${dest}.part`);
	} catch {
		await file.discard();
	}
}

async function readTrailer(
	file: PartFile,
	sizeBytes: number,
): Promise<{ bytes: number; validator: string } | undefined> {
	const footer = Buffer.alloc(FOOTER_BYTES);
	if (sizeBytes < FOOTER_BYTES) {
		return undefined;
	}
	await file.read(footer, sizeBytes - FOOTER_BYTES);
	const length = footer.readUInt32BE();
	const bytes = sizeBytes - FOOTER_BYTES - length;
	if (footer.toString('latin1', 4) !== MAGIC || length > 8192 || bytes < 0) {
		return undefined;
	}
	const text = Buffer.alloc(length);
	await file.read(text, bytes);
	return { bytes, validator: text.toString() };
}
