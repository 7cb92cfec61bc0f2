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

/** What XML 1.0 has no way to write. */
const FORBIDDEN = /(?![\t\n\r])\p{Cc}|[\ufffe\uffff]|\p{Surrogate}/gu;

/** Text for an element or an attribute of XML or HTML. */
export function escapeXml(text: string): string {
	return text
		.replace(FORBIDDEN, '\ufffd')
		.replace(/[&<>"'\n\r\t]/g, (character) => ENTITIES[character] ?? character);
}
