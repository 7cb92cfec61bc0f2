import type { Mutable } from '../util/types.ts';
import { UsageError } from '../util/usage-error.ts';
import { destination } from './destination.ts';
import type { Entry } from './entry.ts';
import { digest, subject } from './entry-fields.ts';
import { parseJsonLine } from './json-line.ts';

/**
 * Reads one line of a list: a code or a URL, and after TABs a destination and a SHA-256; or a JSON
 * object. `#` starts a comment at the beginning of a column, and after white space in the first.
 *
 * @returns `undefined` for a line with nothing but white space or a comment.
 * @throws {UsageError} Says what was found and what is allowed; not where.
 */
export function parseListLine(line: string, where: string): Entry | undefined {
	const text = line.trim();
	if (text === '' || text.startsWith('#')) {
		return undefined;
	}
	return text.startsWith('{') ? parseJsonLine(text, where) : parseColumns(text, where);
}

function parseColumns(text: string, where: string): Entry {
	const [what = '', dest = '', sha256 = '', ...more] = columnsOf(text);
	if (more.length > 0) {
		throw new UsageError(
			`found ${more.length + 3} columns; allowed: a code or URL, a destination, a SHA-256`,
		);
	}

	const entry: Mutable<Entry> = subject(what, where);
	if (dest !== '') {
		entry.dest = destination(dest);
	}
	if (sha256 !== '') {
		entry.sha256 = digest(sha256);
	}
	return entry;
}

function columnsOf(text: string): readonly string[] {
	if (!text.includes('#')) {
		return text.split('\t').map((column) => column.trim());
	}
	const [first = '', ...others] = text.split('\t').map((column) => column.trim());
	const what = first.replace(/\s#.*$/, '').trimEnd();
	if (what !== first) {
		return [what];
	}

	const comment = others.findIndex((column) => column.startsWith('#'));
	return [what, ...(comment === -1 ? others : others.slice(0, comment))];
}
