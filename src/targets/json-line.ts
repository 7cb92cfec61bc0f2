import { quote } from '../util/text.ts';
import { UsageError } from '../util/usage-error.ts';
import { destination } from './destination.ts';
import type { Entry } from './entry.ts';
import { digest, subject } from './entry-fields.ts';
import { httpUrl } from './http-url.ts';
import { mergeCredentials, splitUserInfo } from './user-info.ts';

const MEMBERS = ['url', 'dest', 'sha256', 'mirrors'];

/**
 * Reads a line such as `{"url": "https://…", "dest": "a.gif", "sha256": "…", "mirrors": ["…"]}`;
 * only `url` (which may be a country code) has to be there.
 *
 * @throws {UsageError} When it is no JSON object, or a member is unknown or of another type.
 */
export function parseJsonLine(text: string, where: string): Entry {
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
