import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../../targets/target.ts';
import type { DownloadContext } from '../context.ts';
import { isPressure } from '../failures.ts';
import { fileError } from './file-error.ts';

/** The file that content is for. */
interface SavedFile {
	readonly target: Target;
	/** Absolute path of its final name. */
	readonly dest: string;
	readonly signal: AbortSignal;
}

/** How often and how long a save waits for a file descriptor. */
const PRESSURE_TRIES = 100;
const PRESSURE_MS = 20;

/**
 * Writes content that was received whole.
 *
 * @throws {DownloadError}
 */
export async function save(
	content: Buffer,
	{ target, dest, signal }: SavedFile,
	{ writer, http, slots }: DownloadContext,
): Promise<void> {
	for (let tries = 1; ; tries += 1) {
		try {
			await writer.save(dest, content);
			return;
		} catch (error) {
			const failure = fileError(target, 'write', dest, error);
			if (!isPressure(failure.code) || tries === PRESSURE_TRIES) {
				throw failure;
			}
			slots.reduceLimit();
			http.closeIdle();
			await sleep(PRESSURE_MS, undefined, { signal });
		}
	}
}
