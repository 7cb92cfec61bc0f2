import { UsageError } from '../util/usage-error.ts';
import { quote } from './http-url.ts';
import { MAX_NAME_BYTES, safeFileName } from './safe-file-name.ts';

/** Where `--if-exists update` keeps the validators of the files beside it. */
const STATE_FILE = '.flagdl-state.json';

/** Nearly every path in a list: names that are the same, and safe, everywhere. */
const PLAIN =
	/^(?:(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:[./]|$))\w[\w-]*(?:\.[\w-]+)*(?:\/(?!$)|$))+$/i;

/** By which `flagdl worker` knows its directory again. */
export const WORKER_FILE = '.flagdl-worker';

/**
 * Checks a path that somebody wrote. It is taken as it is or refused, never quietly changed, so
 * that a script finds its files where it put them.
 *
 * @returns The path in NFC, relative, with `/` between its parts.
 * @throws {UsageError} When it is absolute, leads out of the output directory, or has a name in it
 *   that is not safe everywhere; the message offers one that is.
 */
export function destination(path: string): string {
	if (path.length <= MAX_NAME_BYTES && PLAIN.test(path)) {
		return path;
	}

	const parts = path.normalize('NFC').split('/');
	for (const part of parts) {
		checkPart(part, path);
	}
	return parts.join('/');
}

function checkPart(part: string, path: string): void {
	if (part === '' || part === '.' || part === '..') {
		throw new UsageError(
			`found ${part === '' ? 'an empty name' : quote(part)} in the destination ${quote(path)}; allowed: a path below the output directory, such as europe/fr.gif`,
		);
	}

	const safe = safeFileName(part);
	if (safe !== part) {
		throw new UsageError(
			`found ${quote(part)} in a destination, which is not a safe name on every system${safe === undefined ? '' : `; ${quote(safe)} is`}`,
		);
	}
	const name = part.toLowerCase();
	if (name === STATE_FILE || name === WORKER_FILE) {
		throw new UsageError(`found the destination ${name}, which flagdl itself needs`);
	}
}
