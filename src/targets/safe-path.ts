import { UsageError } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';
import { harmfulIn, quote, quoteUrl, withoutHarmful } from '../util/text.ts';

/** Holds files until they are complete. */
export const RESERVED_DIRECTORY = '.flagdl';

/** `--if-exists update` stores the validators of the files in the same directory here. */
export const STATE_FILE = '.flagdl-state.json';

/** Fast path for nearly every path in a list: names that are safe and identical on every system. */
const PLAIN =
	/^(?:(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:[./]|$))\w[\w-]*(?:\.[\w-]+)*(?:\/(?!$)|$))+$/i;

/** Earlier versions of `flagdl worker` marked their directory with this file. */
const WORKER_FILE = '.flagdl-worker';

/**
 * Checks a path from a list or an option. It is accepted or refused, never silently changed, so that a script
 * finds its files where it expects them.
 *
 * @returns The relative path in NFC, with `/` as separator.
 * @throws {UsageError} If it is absolute, leaves the output directory, or contains a name that is not safe on
 *   every system; the message suggests one that is.
 */
export function destination(path: string): string {
	if (path.length <= MAX_NAME_BYTES && PLAIN.test(path)) {
		return path;
	}

	if (/^https?:\/\//i.test(path)) {
		throw new UsageError(
			explainInput(
				`the URL ${quoteUrl(path)} as destination`,
				'a path below the output directory; other URLs of the same file are its mirrors: {"url": …, "mirrors": […]}',
			),
		);
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
 * Whether some file system treats this name as one that flagdl reserves: file systems may ignore case,
 * ligatures, invisible characters, and trailing dots and spaces.
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

/** Longest file name on common file systems, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255;

const MAX_EXTENSION_BYTES = 16;

/** Characters that Windows forbids in file names, and lone surrogates, which UTF-8 cannot encode. */
const RESERVED = /[<>:"/\\|?*]|\p{Surrogate}/gu;

/** Windows devices, with any extension: `NUL.gif` is the device, too. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\s*(?:\.|$))/i;

/**
 * Turns untrusted text into a single file name.
 *
 * @param name - Any text: a country's name from a server, a part of a URL.
 * @returns The name in NFC, valid on Linux, macOS and Windows, truncated to {@link MAX_NAME_BYTES} bytes (a
 *   short extension is kept); `undefined` if nothing safe is left.
 */
export function safeFileName(name: string): string | undefined {
	const plain = trimName(withoutHarmful(name.replace(RESERVED, '_')).normalize('NFC'));
	const safe = shorten(DEVICE.test(plain) ? `_${plain}` : plain);
	return safe === '' ? undefined : safe;
}

/** Windows drops trailing dots and spaces, so `a.` would overwrite `a`. */
export function trimName(name: string): string {
	return name.trimStart().replace(/[\s.]+$/u, '');
}

function shorten(name: string): string {
	if (Buffer.byteLength(name) <= MAX_NAME_BYTES) {
		return name;
	}

	const extension = /\.[^.\s]+$/u.exec(name)?.[0] ?? '';
	const kept = Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES ? extension : '';
	return trimName(cutToBytes(name, MAX_NAME_BYTES - Buffer.byteLength(kept))) + kept;
}

/** Truncates a text without splitting a character. */
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
