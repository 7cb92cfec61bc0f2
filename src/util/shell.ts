/** Characters without special meaning in a POSIX shell, quoted or not. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Whether a text needs no quotes, even if several shells parse it in turn. */
export function isPlainWord(text: string): boolean {
	return PLAIN.test(text);
}

/** Quotes a text as one word for a POSIX shell, if needed. */
export function shellWord(text: string): string {
	return isPlainWord(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
