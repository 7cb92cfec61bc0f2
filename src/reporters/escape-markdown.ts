/** Text in a table's cell, with nothing that Markdown or HTML would obey. */
export function escapeMarkdown(text: string): string {
	return text
		.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')
		.replace(/&/g, '&amp;')
		.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
