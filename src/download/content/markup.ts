import type { Extent, Structure } from './image-structure.ts';

/** Types of HTML; without parameters. */
const HTML_TYPES: ReadonlySet<string | undefined> = new Set(['text/html', 'application/xhtml+xml']);

const HTML = /<!doctype html|<html[\s>]/i;

/** What text has none of: see binary data bytes in the MIME Sniffing Standard, section 3. */
const BINARY = /(?![\t\n\f\r])\p{Cc}/u;

const COMMENT = /<!--(?:(?!-->).)*(?:-->|$)/gs;

/** The internal subset of a document type: entities have any character in their quotes. */
const SUBSET = /\[(?:<!--(?:(?!-->).)*-->|"[^"]*"|'[^']*'|<(?!!--)|[^\]"'<])*\]\s*/s.source;
const DOCTYPE = `<!doctype\\s(?:"[^"]*"|'[^']*'|[^"'<>[])*(?:${SUBSET})?>`;

const ROOT = '<(?:[a-z][\\w.-]*:)?([a-z][\\w.-]*)';

/** What may stand before the root element of a document, or that with its local name. */
const PROLOG = new RegExp(`^\\s*(?:<\\?.*?\\?>|<!--.*?-->|${DOCTYPE}|${ROOT})`, 'is');

/**
 * Whether content that should be an image is a page: markup with another root element than that of
 * SVG, or text that is called HTML. What an image has of control characters, a page has not.
 *
 * @param head - The first bytes of the content.
 * @param mediaType - As the server says, without parameters.
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

/** Whether it is the beginning of an SVG: its root element may come after it. */
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

/** @returns Its local name in lower case; undefined if there is none so far. */
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

/** Enough for the comments that programs write at the end. */
const END_BYTES = 4096;

const END_TAG = /<\/(?:[\w.-]+:)?svg\s*>/g;
const SELF_CLOSING_ROOT = /<(?:[\w.-]+:)?svg\b(?:[^<>"']|"[^"]*"|'[^']*')*\/>/;
/** What may follow the root element; the first may have begun before the end that is looked at. */
const EPILOG = /^(?:(?!<!--).)*?-->|<!--(?:(?!-->).)*-->|<\?.*?\?>/gs;

/** Follows an SVG: text whose root element is closed at its end. */
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
		// Two bytes of UTF-16 are not to be torn apart.
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

/** By the byte order mark, or by the first character of markup. */
function encodingOf([first, second]: Buffer): Encoding {
	if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) {
		return 'utf16le';
	}
	return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)
		? 'utf16be'
		: 'utf8';
}

/** Without byte order mark. What is no text at all becomes something that has no root element. */
function decode(bytes: Buffer, encoding: Encoding = encodingOf(bytes)): string {
	const text =
		encoding === 'utf16be'
			? Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
					.swap16()
					.toString('utf16le')
			: bytes.toString(encoding);
	return text.replace(/^\ufeff/, '');
}
