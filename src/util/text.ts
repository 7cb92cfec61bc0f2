import { bareUrl, withoutSignature, withoutUserInfo } from './secrets.ts';

/**
 * The one place that makes foreign text harmless: what a server, a file, an argument or a program
 * says may hold characters that a terminal obeys, that turn a line around, or that cannot be seen.
 */

/**
 * Controls (Cc), format characters (Cf: bidirectional marks, zero-width ones, soft hyphens, tags),
 * line and paragraph separators, half characters, and what else Unicode says to show as nothing, such
 * as Hangul fillers. Variation selectors stay: they choose how the character before them looks (☀️).
 */
const HARMFUL =
	/(?!\p{Variation_Selector})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\p{Default_Ignorable_Code_Point}]/gu;
/** The same but for what divides a text into lines and columns. */
const HARMFUL_BUT_SPACE = new RegExp(`(?![\\t\\n\\r])${HARMFUL.source}`, 'gu');

/** Found in a fifth of the time: each event and each row of a report is looked through. */
const BEYOND_ASCII = /[^\t\n\r -~]/;

const REPLACEMENT = '\ufffd';

/** One line for a terminal or a log. */
export function printable(text: string): string {
	return text.replace(HARMFUL, REPLACEMENT);
}

/** The same for a URL, or a name that is one: what signs it is not shown. */
export function printableUrl(url: string): string {
	return printable(withoutSignature(url));
}

/** The same for text of several lines, with TABs. */
export function printableLines(text: string): string {
	return text.replace(/[^\n\t]+/g, printable);
}

/** Without what cannot be seen: for names of files. */
export function withoutHarmful(text: string): string {
	return text.replace(HARMFUL, '');
}

/** Code points in a text that cannot be seen: `U+200B`. */
export function harmfulIn(text: string): string[] {
	return [...new Set(text.match(HARMFUL))].map(codePointName);
}

/** `U+200B`: a character as a message names it that should not have it itself. */
export function codePointName(character: string): string {
	const code = character.codePointAt(0) ?? 0;
	return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** One printable line of bounded length. */
export function oneLine(text: string, maxLength: number): string {
	return printable(shorten(text.trim().replace(/\s+/g, ' '), maxLength));
}

/** The beginning of a long text; no character is cut in two. */
export function shorten(text: string, maxLength: number): string {
	return text.length > maxLength
		? `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`
		: text;
}

/** The beginning and the end of a long text, the end longer: there names of one list differ. */
export function shortenMiddle(text: string, maxLength: number): string {
	if (text.length <= maxLength) {
		return text;
	}
	const startLength = Math.max(0, Math.floor((maxLength - 1) * 0.4));
	const start = text.slice(0, startLength).replace(/[\ud800-\udbff]$/, '');
	const end = text
		.slice(text.length - (maxLength - 1 - startLength))
		.replace(/^[\udc00-\udfff]/, '');
	return `${start}…${end}`;
}

/** Short forms of different texts that can still be told apart, if the length allows it at all. */
export function shortenAll(texts: readonly string[], maxLength: number): readonly string[] {
	const short = texts.map((text) => shortenMiddle(text, maxLength));
	if (new Set(short).size === new Set(texts).size) {
		return short;
	}
	// They differ in what was cut out: what they share at their beginning is cut off instead.
	const shared = sharedLength(texts);
	return texts.map((text) => {
		const rest = text.slice(Math.max(0, shared - SHARED_SHOWN));
		return rest === text ? shortenMiddle(text, maxLength) : shorten(`…${rest}`, maxLength);
	});
}

/** Of what all texts share, so many characters stay in front of the difference. */
const SHARED_SHOWN = 4;

function sharedLength([first = '', ...others]: readonly string[]): number {
	let length = first.length;
	for (const other of others) {
		let same = 0;
		while (same < length && other[same] === first[same]) {
			same += 1;
		}
		length = same;
	}
	return length;
}

/** Spaces that may become line breaks: none between a number and its unit. */
const BREAKS = /(?<![\d)]) | (?!(?:[%×]|m?s|min|h|k?B|[MGT]B)(?![\w]))/;

/** Lines of whole words, narrower than the width; all but the first are indented. */
export function wrapWords(text: string, width: number, indent: string): readonly string[] {
	const lines: string[] = [];
	let line = /^ */.exec(text)?.[0] ?? '';
	for (const word of text.trimStart().split(BREAKS)) {
		const longer = line.trim() === '' ? line + word : `${line} ${word}`;
		if (longer.length >= width && line.trim() !== '') {
			lines.push(line.trimEnd());
			line = indent + word;
		} else {
			line = longer;
		}
	}
	return [...lines, line];
}

const QUOTED_MAX_LENGTH = 80;

/** A piece of input for a message: short, in quotes, with escapes, and without a password. */
export function quote(text: string): string {
	return jsonText(shorten(withoutUserInfo(text), QUOTED_MAX_LENGTH));
}

/** The same for what should be a URL: if it is none, more of it may be a password. */
export function quoteUrl(text: string): string {
	return jsonText(shorten(bareUrl(text), QUOTED_MAX_LENGTH));
}

/** JSON that a terminal may show: parsers read the same value. */
export function jsonText(value: unknown, indent?: string): string {
	const json = JSON.stringify(value, undefined, indent);
	if (!BEYOND_ASCII.test(json)) {
		return json;
	}
	// Only strings hold such characters in JSON, and there an escape means the same.
	return json.replace(HARMFUL_BUT_SPACE, (character) =>
		Array.from(
			{ length: character.length },
			(_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
		).join(''),
	);
}

const ENTITIES: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
	// In an attribute a parser would turn them into spaces.
	'\n': '&#10;',
	'\r': '&#13;',
	'\t': '&#9;',
};

/** Text for an element or an attribute of XML or HTML. */
export function escapeXml(text: string): string {
	return text
		.replace(HARMFUL_BUT_SPACE, REPLACEMENT)
		.replace(/[\ufffe\uffff]/g, REPLACEMENT)
		.replace(/[&<>"'\n\r\t]/g, (character) => ENTITIES[character] ?? character);
}

/** Text in a table's cell, with nothing that Markdown or HTML would obey. */
export function escapeMarkdown(text: string): string {
	return text
		.replace(/[\t\n\r]+/g, ' ')
		.replace(HARMFUL, REPLACEMENT)
		.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')
		.replace(/&/g, '&amp;');
}

/** A field of CSV after RFC 4180. A spreadsheet would take what begins like a formula for one. */
export function csvField(value: string | number | boolean | undefined): string {
	const text = value === undefined ? '' : String(value).replace(HARMFUL_BUT_SPACE, REPLACEMENT);
	const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
