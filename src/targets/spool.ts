import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeTemporaryDirectory } from '../util/temporary-directory.ts';

/** A stream written down, so that it can be read more than once. */
export interface Spooled {
	readonly path: string;
	remove(): Promise<void>;
}

/** Writes a stream to a temporary file that only its owner can read. */
export async function spool(stream: Readable, signal: AbortSignal): Promise<Spooled> {
	const directory = await makeTemporaryDirectory('flagdl-');
	const path = join(directory, 'list');
	const remove = () => rm(directory, { recursive: true, force: true });
	try {
		await pipeline(stream, createWriteStream(path, { mode: 0o600 }), { signal });
		return { path, remove };
	} catch (error) {
		await remove();
		throw error;
	}
}
