/** What has no meaning for a POSIX shell, in quotes or not. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Whether a shell takes a text for itself, however many shells read it one after the other. */
export function isPlainWord(text: string): boolean {
	return PLAIN.test(text);
}

/** One word of a command line that can be pasted into a POSIX shell. */
export function shellWord(text: string): string {
	return isPlainWord(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
