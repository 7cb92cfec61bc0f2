import type { Extent, Structure } from './image-structure.ts';

/** Media types of HTML, without parameters. */
const HTML_TYPES: ReadonlySet<string | undefined> = new Set(['text/html', 'application/xhtml+xml']);

const HTML = /<!doctype html|<html[\s>]/i;

/** Characters that text does not contain: binary data bytes of the MIME Sniffing Standard, section 3. */
const BINARY = /(?![\t\n\f\r])\p{Cc}/u;

const COMMENT = /<!--(?:(?!-->).)*(?:-->|$)/gs;

/** The internal subset of a DOCTYPE: quoted entity values may contain any character. */
const SUBSET = /\[(?:<!--(?:(?!-->).)*-->|"[^"]*"|'[^']*'|<(?!!--)|[^\]"'<])*\]\s*/s.source;
const DOCTYPE = `<!doctype\\s(?:"[^"]*"|'[^']*'|[^"'<>[])*(?:${SUBSET})?>`;

const ROOT = '<(?:[a-z][\\w.-]*:)?([a-z][\\w.-]*)';

/** Anything that may precede the root element, or the root element itself; captures its local name. */
const PROLOG = new RegExp(`^\\s*(?:<\\?.*?\\?>|<!--.*?-->|${DOCTYPE}|${ROOT})`, 'is');

/**
 * Whether content that should be an image is a page: markup with a root element other than `svg`, or
 * text without control characters that is sent as HTML or contains its tags.
 *
 * @param head - The first bytes of the content.
 * @param mediaType - Sent by the server, without parameters.
 */
export function isHtmlPage(head: Buffer, mediaType: string | undefined): boolean {
	const text = decode(head);
	const root = rootElement(text);
	if (root !== undefined) {
		return root !== 'svg';
	}
	if (beginsWithProlog(text)) {
		return mediaType !== 'image/svg+xml';
	}
	return (HTML_TYPES.has(mediaType) || HTML.test(text)) && !BINARY.test(text);
}

/** Whether the content may be an SVG; if it is incomplete, the root element may follow later. */
export function beginsAsSvg(head: Buffer, isWhole: boolean): boolean {
	const text = decode(head);
	const root = rootElement(text);
	return root === undefined
		? !isWhole && beginsWithProlog(text) && !HTML.test(text.replace(COMMENT, ''))
		: root === 'svg';
}

function beginsWithProlog(text: string): boolean {
	return /^\s*<[?!]/.test(text);
}

/** @returns Its local name in lower case; undefined if there is none yet. */
function rootElement(text: string): string | undefined {
	let rest = text;
	for (let prolog = PROLOG.exec(rest); prolog !== null; prolog = PROLOG.exec(rest)) {
		if (prolog[1] !== undefined) {
			return prolog[1].toLowerCase();
		}
		rest = rest.slice(prolog[0].length);
	}
	return undefined;
}

/** Enough for the comments that programs append. */
const END_BYTES = 4096;

const END_TAG = /<\/(?:[\w.-]+:)?svg\s*>/g;
const SELF_CLOSING_ROOT = /<(?:[\w.-]+:)?svg\b(?:[^<>"']|"[^"]*"|'[^']*')*\/>/;
/** What may follow the root element. A leading comment may start before the inspected tail. */
const EPILOG = /^(?:(?!<!--).)*?-->|<!--(?:(?!-->).)*-->|<\?.*?\?>/gs;

/** An SVG is complete if its root element is closed at the end of the text. */
export class SvgStructure implements Structure {
	#sizeBytes = 0;
	#head: Buffer = Buffer.alloc(0);
	#tail: Buffer = Buffer.alloc(0);

	update(chunk: Buffer): void {
		this.#sizeBytes += chunk.length;
		if (this.#head.length < END_BYTES) {
			this.#head = Buffer.concat([this.#head, chunk.subarray(0, END_BYTES - this.#head.length)]);
		}
		this.#tail = Buffer.concat([this.#tail, chunk.subarray(-END_BYTES)]).subarray(-END_BYTES);
	}

	get extent(): Extent {
		// Keeps UTF-16 code units aligned.
		const tail = this.#tail.subarray(this.#sizeBytes > END_BYTES ? this.#sizeBytes % 2 : 0);
		const text = decode(tail, encodingOf(this.#head));
		const end = [...text.matchAll(END_TAG)].at(-1);
		if (end !== undefined) {
			const rest = text.slice(end.index + end[0].length);
			return /<[a-z/]/i.test(rest.replace(EPILOG, '')) ? 'inside' : 'whole';
		}
		const rest = text.replace(EPILOG, '').trimEnd();
		if (rest === '' && text !== '') {
			return 'unknown';
		}
		return rest.endsWith('/>') && SELF_CLOSING_ROOT.test(decode(this.#head)) ? 'whole' : 'inside';
	}
}

type Encoding = 'utf8' | 'utf16le' | 'utf16be';

/** Detects the encoding by the byte order mark, or by a leading `<`. */
function encodingOf([first, second]: Buffer): Encoding {
	if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) {
		return 'utf16le';
	}
	return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)
		? 'utf16be'
		: 'utf8';
}

/** Removes the byte order mark. Binary data decodes to text without a root element. */
function decode(bytes: Buffer, encoding: Encoding = encodingOf(bytes)): string {
	const text =
		encoding === 'utf16be'
			? Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
					.swap16()
					.toString('utf16le')
			: bytes.toString(encoding);
	return text.replace(/^\ufeff/, '');
}
