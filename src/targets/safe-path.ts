import { UsageError } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';
import { harmfulIn, quote, withoutHarmful } from '../util/text.ts';

/** Where files are until they are whole. */
export const RESERVED_DIRECTORY = '.flagdl';

/** Where `--if-exists update` keeps the validators of the files beside it. */
export const STATE_FILE = '.flagdl-state.json';

/** Nearly every path in a list: names that are the same, and safe, everywhere. */
const PLAIN =
	/^(?:(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:[./]|$))\w[\w-]*(?:\.[\w-]+)*(?:\/(?!$)|$))+$/i;

/** By which earlier versions of `flagdl worker` knew their directory again. */
const WORKER_FILE = '.flagdl-worker';

/**
 * Checks a path from a list or an option. It is taken as it is or refused, never quietly changed, so
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

	if (/^(?:\/|[a-z]:[\\/])/i.test(path)) {
		throw new UsageError(
			explainInput(
				`the absolute path ${quote(path)} as destination`,
				'a path below the output directory, which -d names',
			),
		);
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
			explainInput(
				`${part === '' ? 'an empty name' : quote(part)} in the destination ${quote(path)}`,
				'a path below the output directory, such as europe/fr.gif',
			),
		);
	}

	const bytes = Buffer.byteLength(part);
	if (bytes > MAX_NAME_BYTES) {
		throw new UsageError(
			explainInput(
				`a name of ${bytes} bytes in the destination ${quote(path)}`,
				`${MAX_NAME_BYTES} bytes, as file systems take no more`,
			),
		);
	}
	const hidden = harmfulIn(part);
	if (hidden.length > 0) {
		throw new UsageError(
			explainInput(
				`${hidden.join(', ')} in the destination ${quote(path)}`,
				'characters that can be seen',
			),
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

/** Longest file name in bytes of UTF-8, on the usual file systems. */
export const MAX_NAME_BYTES = 255;

const MAX_EXTENSION_BYTES = 16;

/** What Windows has in no file name, and half characters, which have no UTF-8 at all. */
const RESERVED = /[<>:"/\\|?*]|\p{Surrogate}/gu;

/** Devices of Windows, with any extension: `NUL.gif` is the device too. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\s*(?:\.|$))/i;

/**
 * Makes one file name, no path, out of text from outside.
 *
 * @param name - Any text: a country's name from a server, a part of a URL.
 * @returns The name in NFC, good on Linux, macOS and Windows, of at most {@link MAX_NAME_BYTES}
 *   bytes (a short extension is kept when it has to be cut); `undefined` where nothing safe is left.
 */
export function safeFileName(name: string): string | undefined {
	const plain = trim(withoutHarmful(name.replace(RESERVED, '_')).normalize('NFC'));
	const safe = shorten(DEVICE.test(plain) ? `_${plain}` : plain);
	return safe === '' ? undefined : safe;
}

/** Windows drops dots and spaces at the end, and so would save `a.` over `a`. */
function trim(name: string): string {
	return name.trimStart().replace(/[\s.]+$/u, '');
}

function shorten(name: string): string {
	if (Buffer.byteLength(name) <= MAX_NAME_BYTES) {
		return name;
	}

	const extension = /\.[^.\s]+$/u.exec(name)?.[0] ?? '';
	const kept = Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES ? extension : '';
	return trim(cutToBytes(name, MAX_NAME_BYTES - Buffer.byteLength(kept))) + kept;
}

/** The beginning of a text, in whole characters. */
export function cutToBytes(text: string, bytes: number): string {
	let room = bytes;
	let kept = '';
	for (const character of text) {
		room -= Buffer.byteLength(character);
		if (room < 0) {
			break;
		}
		kept += character;
	}
	return kept;
}
