import { harmfulIn, quote } from '../util/text.ts';
import { UsageError } from '../util/usage-error.ts';
import { MAX_NAME_BYTES, safeFileName } from './safe-file-name.ts';

/** Where files are until they are whole. */
export const RESERVED_DIRECTORY = '.flagdl';

/** Where `--if-exists update` keeps the validators of the files beside it. */
export const STATE_FILE = '.flagdl-state.json';

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

	const bytes = Buffer.byteLength(part);
	if (bytes > MAX_NAME_BYTES) {
		throw new UsageError(
			`found a name of ${bytes} bytes in the destination ${quote(path)}; allowed: ${MAX_NAME_BYTES} bytes, as file systems take no more`,
		);
	}
	const hidden = harmfulIn(part);
	if (hidden.length > 0) {
		throw new UsageError(
			`found ${hidden.join(', ')} in the destination ${quote(path)}; allowed: characters that can be seen`,
		);
	}
	const safe = safeFileName(part);
	if (safe !== part) {
		throw new UsageError(
			`found ${quote(part)} in a destination, which is not a safe name on every system${safe === undefined ? '' : `; ${quote(safe)} is`}`,
		);
	}
	if (isReservedName(part)) {
		throw new UsageError(
			`found the destination ${path}, which flagdl itself needs; give it another name`,
		);
	}
}

const RESERVED_NAMES: ReadonlySet<string> = new Set([RESERVED_DIRECTORY, STATE_FILE, WORKER_FILE]);

/**
 * Whether some file system takes this name for one that flagdl itself needs: they ignore case, ligatures,
 * characters that show nothing, and dots and spaces at the end.
 */
export function isReservedName(name: string): boolean {
	const plain = name.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
	return RESERVED_NAMES.has(
		plain
			.toUpperCase()
			.toLowerCase()
			.replace(/[. ]+$/, ''),
	);
}
