/**
 * The one place that makes foreign text harmless: what a server, a file, an argument or a program
 * says may hold characters that a terminal obeys, that turn a line around, or that cannot be seen.
 */

/**
 * Controls (\p{Cc}), format characters (\p{Cf}: bidirectional marks, zero-width ones, soft hyphens,
 * tags), line and paragraph separators, half characters, and letters without a shape (Hangul fillers).
 */
const HARMFUL =
	/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0]/gu;

const REPLACEMENT = '\ufffd';

/** One line for a terminal or a log. */
export function printable(text: string): string {
	return text.replace(HARMFUL, REPLACEMENT);
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
	return text.replace(HARMFUL, (character) => (character === '\n' ? character : REPLACEMENT));
}

/** Without what cannot be seen: for names of files. */
export function withoutHarmful(text: string): string {
	return text.replace(HARMFUL, '');
}

/** Code points in a text that cannot be seen: `U+200B`. */
export function harmfulIn(text: string): string[] {
	const found = new Set(text.match(HARMFUL));
	return [...found].map(
		(character) =>
			`U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
	);
}

const QUOTED_MAX_LENGTH = 80;

/** A piece of input for a message: short, in quotes, with escapes, and without a password. */
export function quote(text: string): string {
	const bare = withoutUserInfo(text);
	const short = bare.length > QUOTED_MAX_LENGTH ? `${bare.slice(0, QUOTED_MAX_LENGTH - 1)}…` : bare;
	return JSON.stringify(short).replace(
		HARMFUL,
		(character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
	);
}

/**
 * Without what may be a user and a password: all up to the last `@` of a URL, with or without its
 * scheme. Where a password holds a `/`, `?`, `#` or space that should have been escaped, no more can be
 * told.
 */
export function withoutUserInfo(text: string): string {
	return text
		.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\n]*@/gi, '$1')
		.replace(/^(?![a-z][a-z0-9+.-]*:\/\/)[^\n@]*:[^\n]*@/i, '')
		.replace(/^[^\s@/]+@(?=[\w.-]+[:/])/, '');
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
		.replace(HARMFUL, (character) => (/[\t\n\r]/.test(character) ? character : REPLACEMENT))
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
	const text = value === undefined ? '' : String(value);
	const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
