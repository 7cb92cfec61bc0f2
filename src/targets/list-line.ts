import { UsageError } from '../util/errors.ts';
import { quote } from '../util/text.ts';
import type { Mutable } from '../util/types.ts';
import { digest, type Entry, subject } from './entry.ts';
import { destination } from './safe-path.ts';
import { httpUrl, mergeCredentials, splitUserInfo } from './url.ts';

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

const MEMBERS = ['url', 'dest', 'sha256', 'mirrors'];

/**
 * Reads a line such as `{"url": "https://…", "dest": "a.gif", "sha256": "…", "mirrors": ["…"]}`;
 * only `url` (which may be a country code) has to be there.
 *
 * @throws {UsageError} When it is no JSON object, or a member is unknown or of another type.
 */
function parseJsonLine(text: string, where: string): Entry {
	const members = parseObject(text);
	const unknown = Object.keys(members).find((name) => !MEMBERS.includes(name));
	if (unknown !== undefined) {
		throw new UsageError(`found the member ${quote(unknown)}; allowed: ${MEMBERS.join(', ')}`);
	}

	const { url, dest, sha256, mirrors } = members;
	const places = mirrors === undefined ? undefined : mirrorsOf(mirrors);
	const about = subject(stringOf('url', url), where);
	const credentials = mergeCredentials([places?.credentials, about.credentials]);
	return {
		...about,
		...(dest !== undefined && { dest: destination(stringOf('dest', dest)) }),
		...(sha256 !== undefined && { sha256: digest(stringOf('sha256', sha256)) }),
		...places,
		...(credentials !== undefined && { credentials }),
	};
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
	try {
		// A line that begins with `{` is an object or no JSON at all.
		return JSON.parse(text) as Record<string, unknown>;
	} catch (error) {
		// Not quoted: what cannot be read may have a password anywhere in it.
		throw new UsageError(
			`found a line that begins with { and which is not JSON; allowed: one object on one line, such as {"url": "https://example.org/a.gif"}`,
			{ cause: error },
		);
	}
}

function stringOf(name: string, value: unknown): string {
	if (typeof value !== 'string') {
		throw new UsageError(`found ${found(value)} as "${name}"; allowed: a string`);
	}
	return value;
}

function mirrorsOf(value: unknown): Pick<Entry, 'mirrors' | 'credentials'> {
	if (!Array.isArray(value)) {
		throw new UsageError(`found ${found(value)} as "mirrors"; allowed: an array of URLs`);
	}
	const places = value.map((mirror) => splitUserInfo(stringOf('mirrors', mirror)));
	const credentials = mergeCredentials(places.map((place) => place.credentials));
	return {
		mirrors: places.map(({ url }) => httpUrl(url).href),
		...(credentials !== undefined && { credentials }),
	};
}

/** Texts are left out: a password may be in them. */
function found(value: unknown): string {
	return value === undefined
		? 'no'
		: quote(JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? '…' : part)));
}
