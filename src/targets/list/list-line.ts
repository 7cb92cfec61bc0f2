import { UsageError } from '../../util/errors.ts';
import type { Mutable } from '../../util/members.ts';
import { explainInput } from '../../util/suggest.ts';
import { parseDigest } from '../digests.ts';
import { type BadEntry, type Entry, subject } from '../entry.ts';
import { destination } from '../safe-path.ts';
import { type Members, problemOf, problemsOf, readMembers } from './members.ts';

/**
 * Parses one line of a list: a code or a URL, optionally followed by a destination and a SHA-256 separated by
 * TABs; or a JSON object. `#` starts a comment at the beginning of a column, and after white space in the first.
 *
 * @returns `undefined` for a blank line or a comment.
 */
export function parseListLine(line: string, where: string): Entry | BadEntry | undefined {
	const text = line.trim();
	if (text === '' || text.startsWith('#')) {
		return undefined;
	}
	try {
		return text.startsWith('{') ? readMembers(parseObject(text), where) : parseColumns(text, where);
	} catch (error) {
		if (error instanceof UsageError) {
			return { where, problems: problemsIn(text, where) };
		}
		throw error;
	}
}

/** Finds all problems of a line. Parses it a second time, as nearly all lines are valid. */
function problemsIn(text: string, where: string): readonly string[] {
	if (!text.startsWith('{')) {
		const [url = '', dest = '', sha256 = '', ...more] = columnsOf(text);
		const tooMany = problemOf(() => refuseMore(more));
		const members = { url, ...(dest !== '' && { dest }), ...(sha256 !== '' && { sha256 }) };
		// With too many columns, it is unknown which is which.
		return tooMany === undefined ? problemsOf(members, where) : [tooMany];
	}
	let members: Members = {};
	const noJson = problemOf(() => {
		members = parseObject(text);
	});
	return noJson === undefined ? problemsOf(members, where) : [noJson];
}

function parseColumns(text: string, where: string): Entry {
	const [what = '', dest = '', sha256 = '', ...more] = columnsOf(text);
	refuseMore(more);
	const entry: Mutable<Entry> = subject(what, where);
	if (dest !== '') {
		entry.dest = destination(dest);
	}
	if (sha256 !== '') {
		entry.sha256 = parseDigest(sha256, 'sha256');
	}
	return entry;
}

function refuseMore(columns: readonly string[]): void {
	if (columns.length > 0) {
		throw new UsageError(
			explainInput(
				`${columns.length + 3} columns`,
				'a code or URL, a destination, a SHA-256; or a first line that names the columns',
			),
		);
	}
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

function parseObject(text: string): Members {
	try {
		// A line that starts with `{` is either an object or invalid JSON.
		return JSON.parse(text) as Members;
	} catch (error) {
		// Not quoted: invalid input may contain a password.
		throw new UsageError(
			explainInput(
				'a line that begins with { and which is not JSON',
				'one object on one line, such as {"url": "https://example.org/a.gif"}',
			),
			{ cause: error },
		);
	}
}
