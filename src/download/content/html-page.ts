/** Types of HTML; without parameters. */
const HTML_TYPES: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);

const HTML = /<!doctype html|<html[\s>]/i;

/** What text has none of: see binary data bytes in the MIME Sniffing Standard, section 3. */
const BINARY = /(?![\t\n\f\r])\p{Cc}/u;

/** What may stand before the root element of a document. */
const PROLOG = /^\s*(?:<\?.*?\?>|<!--.*?-->|<!doctype\s[^<>[]*(?:\[.*?\]\s*)?>|(?=<[a-z]))/is;

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
	const saysHtml = mediaType !== undefined && HTML_TYPES.has(mediaType);
	return (saysHtml || HTML.test(text)) && !BINARY.test(text);
}

/** Whether it is the beginning of an SVG: its root element may come after it. */
export function beginsAsSvg(head: Buffer, isWhole: boolean): boolean {
	const text = decode(head);
	const root = rootElement(text);
	return root === undefined
		? !isWhole && beginsWithProlog(text) && !HTML.test(text)
		: root === 'svg';
}

function beginsWithProlog(text: string): boolean {
	return /^\s*<[?!]/.test(text);
}

/** @returns Its local name in lower case; undefined if there is none so far. */
function rootElement(text: string): string | undefined {
	let rest = text;
	for (let prolog = PROLOG.exec(rest); prolog !== null; prolog = PROLOG.exec(rest)) {
		rest = rest.slice(prolog[0].length);
		if (prolog[0].trim() === '') {
			return /^<(?:[\w.-]+:)?([\w.-]+)/.exec(rest)?.[1]?.toLowerCase();
		}
	}
	return undefined;
}

/** Without byte order mark. What is no text at all becomes something that has no root element. */
function decode(head: Buffer): string {
	const [first, second] = head;
	const isLittleEndian = (first === 0xff && second === 0xfe) || (first === 0x3c && second === 0);
	const isBigEndian = (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c);
	const even = head.subarray(0, head.length - (head.length % 2));
	const text = isLittleEndian
		? even.toString('utf16le')
		: isBigEndian
			? Buffer.from(even).swap16().toString('utf16le')
			: head.toString('utf8');
	return text.replace(/^\ufeff/, '');
}
