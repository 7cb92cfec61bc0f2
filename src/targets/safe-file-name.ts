import { withoutHarmful } from '../util/text.ts';

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
	let room = MAX_NAME_BYTES - Buffer.byteLength(kept);
	let stem = '';
	for (const character of name) {
		room -= Buffer.byteLength(character);
		if (room < 0) {
			break;
		}
		stem += character;
	}

	return trim(stem) + kept;
}
