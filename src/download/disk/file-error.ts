import type { Target } from '../../targets/target.ts';
import { DownloadError } from '../errors.ts';

/**
 * Says what the file system objects to: its code, and the path it is about.
 *
 * @param doing - What was tried: `write`, `look at`.
 */
export function fileError(
	target: Target,
	doing: string,
	path: string,
	error: unknown,
): DownloadError {
	if (error instanceof DownloadError) {
		return error;
	}
	const { code, message } = error as NodeJS.ErrnoException;
	if (code === undefined) {
		throw error;
	}
	// `ENOSPC: no space left on device, write` without the parts that are said already.
	const reason = message.replace(/^\w+: /, '').replace(/, \w+.*$/, '');
	return new DownloadError(target, `cannot ${doing} ${path}: ${reason}`, { code, cause: error });
}
