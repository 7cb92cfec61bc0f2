import { bareUrl, withoutSignature, withoutUserInfo } from './secrets.ts';

/**
 * Sanitises untrusted text: the text of a server, a file, an argument or a program may contain control
 * sequences, bidirectional overrides, or invisible characters.
 */

/**
 * Controls (Cc), format characters (Cf: bidirectional marks, zero-width ones, soft hyphens, tags),
 * line and paragraph separators, lone surrogates, and other characters that Unicode renders as nothing, such
 * as Hangul fillers. Variation selectors are kept: they select the appearance of the previous character (☀️).
 */
const HARMFUL =
	/(?!\p{Variation_Selector})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\p{Default_Ignorable_Code_Point}]/gu;
/** The same except for TABs and line breaks. */
const HARMFUL_BUT_SPACE = new RegExp(`(?![\\t\\n\\r])${HARMFUL.source}`, 'gu');

/** A pre-check, five times as fast: it runs for each event and each row of a report. */
const BEYOND_ASCII = /[^\t\n\r -~]/;

const REPLACEMENT = '\ufffd';

/** A single line for a terminal or a log. */
export function printable(text: string): string {
	return text.replace(HARMFUL, REPLACEMENT);
}

/** The same for a URL, or a name that is one, without its signature. */
export function printableUrl(url: string): string {
	return printable(withoutSignature(url));
}

/** The same for multi-line text; keeps TABs. */
export function printableLines(text: string): string {
	return text.replace(/[^\n\t]+/g, printable);
}

/** Removes these characters, for file names. */
export function withoutHarmful(text: string): string {
	return text.replace(HARMFUL, '');
}

/** Code points of these characters in a text: `U+200B`. */
export function harmfulIn(text: string): string[] {
	return [...new Set(text.match(HARMFUL))].map(codePointName);
}

/** `U+200B`: names a character in a message that must not contain it. */
export function codePointName(character: string): string {
	const code = character.codePointAt(0) ?? 0;
	return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** One printable line of bounded length. */
export function oneLine(text: string, maxLength: number): string {
	return printable(shorten(text.trim().replace(/\s+/g, ' '), maxLength));
}

/** Truncates a long text without splitting a character. */
export function shorten(text: string, maxLength: number): string {
	return text.length > maxLength
		? `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`
		: text;
}

/** Cuts the middle out of a long text. Keeps more of the end, where the names of a list differ. */
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

/** Shortens different texts so that they stay distinct, if the length allows it. */
export function shortenAll(texts: readonly string[], maxLength: number): readonly string[] {
	const short = texts.map((text) => shortenMiddle(text, maxLength));
	if (new Set(short).size === new Set(texts).size) {
		return short;
	}
	// They differ in the part that was cut, so the common prefix is cut instead.
	const shared = sharedLength(texts);
	return texts.map((text) => {
		const rest = text.slice(Math.max(0, shared - SHARED_SHOWN));
		return rest === text ? shortenMiddle(text, maxLength) : shorten(`…${rest}`, maxLength);
	});
}

/** Characters of the common prefix that are kept. */
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

/** Spaces where a line may break: not between a number and its unit. */
const BREAKS = /(?<![\d)]) | (?!(?:[%×]|m?s|min|h|k?B|[MGT]B)(?![\w]))/;

/** Wraps a text at spaces to lines below the width; all but the first are indented. */
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

/** Quotes input in a message: shortened, escaped, and without a password. */
export function quote(text: string): string {
	return jsonText(shorten(withoutUserInfo(text), QUOTED_MAX_LENGTH));
}

/** The same for a text that should be a URL: if it is not, more of it may be a password. */
export function quoteUrl(text: string): string {
	return jsonText(shorten(bareUrl(text), QUOTED_MAX_LENGTH));
}

/** JSON that is safe to show on a terminal; it parses to the same value. */
export function jsonText(value: unknown, indent?: string): string {
	const json = JSON.stringify(value, undefined, indent);
	if (!BEYOND_ASCII.test(json)) {
		return json;
	}
	// In JSON, only strings can contain such characters, and an escape is equivalent there.
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
	// A parser would turn them into spaces in an attribute.
	'\n': '&#10;',
	'\r': '&#13;',
	'\t': '&#9;',
};

/** Escapes text for an element or an attribute of XML or HTML. */
export function escapeXml(text: string): string {
	return text
		.replace(HARMFUL_BUT_SPACE, REPLACEMENT)
		.replace(/[\ufffe\uffff]/g, REPLACEMENT)
		.replace(/[&<>"'\n\r\t]/g, (character) => ENTITIES[character] ?? character);
}

/** Escapes text for a table cell, so that it has no meaning in Markdown or HTML. */
export function escapeMarkdown(text: string): string {
	return text
		.replace(/[\t\n\r]+/g, ' ')
		.replace(HARMFUL, REPLACEMENT)
		.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')
		.replace(/&/g, '&amp;');
}

/** A CSV field (RFC 4180), escaped so that a spreadsheet does not evaluate it as a formula. */
export function csvField(value: string | number | boolean | undefined): string {
	const text = value === undefined ? '' : String(value).replace(HARMFUL_BUT_SPACE, REPLACEMENT);
	const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
