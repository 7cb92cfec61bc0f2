import { UsageError } from '../../util/errors.ts';
import type { Mutable } from '../../util/members.ts';
import { explainInput, suggest } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { addDigests, parseDigest, parseIntegrity } from '../digests.ts';
import { type Entry, subject } from '../entry.ts';
import { targetFieldName, targetFieldValue } from '../header-field.ts';
import { destination } from '../safe-path.ts';
import { httpUrl, mergeCredentials, splitUserInfo } from '../url.ts';

/** Members of a target from a line: strings from columns, any value from JSON. */
export type Members = Readonly<Record<string, unknown>>;

type Reader = (value: unknown, entry: Mutable<Entry>) => void;

/** Parser of each member but `url`; the single list of members for columns and JSON. */
const READERS = {
	dest: (value, entry) => {
		entry.dest = destination(stringOf('dest', value));
	},
	sha256: (value, entry) => {
		const sha256 = parseDigest(stringOf('sha256', value), 'sha256');
		addDigests(entry, { sha256 }, 'sha256');
	},
	sha512: (value, entry) => {
		const sha512 = parseDigest(stringOf('sha512', value), 'sha512');
		addDigests(entry, { sha512 }, 'sha512');
	},
	integrity: (value, entry) => {
		addDigests(entry, parseIntegrity(stringOf('integrity', value)), 'integrity');
	},
	mirrors: (value, entry) => {
		if (!isListOfTexts(value)) {
			throw new UsageError(
				explainInput(`${describeValue(value)} as "mirrors"`, 'an array of URLs'),
			);
		}
		const places = value.map(splitUserInfo);
		entry.mirrors = places.map(({ url }) => httpUrl(url).href);
		const all = [...places.map(({ credentials }) => credentials), entry.credentials];
		const credentials = mergeCredentials(all);
		if (credentials !== undefined) {
			entry.credentials = credentials;
		}
	},
	headers: (value, entry) => {
		if (typeof value !== 'object' || value === null || Array.isArray(value)) {
			throw new UsageError(
				explainInput(
					`${describeValue(value)} as "headers"`,
					'an object of texts, such as {"Accept": "image/png"}',
				),
			);
		}
		const fields = new Map<string, string>();
		for (const [given, text] of Object.entries(value)) {
			const name = targetFieldName(given);
			if (fields.has(name)) {
				throw new UsageError(`found the header field ${name} twice; drop one of them`);
			}
			fields.set(name, targetFieldValue(name, stringOf(`headers.${name}`, text)));
		}
		if (fields.size > 0) {
			entry.headers = Object.fromEntries(fields);
		}
	},
} satisfies Record<string, Reader>;

type MemberName = keyof typeof READERS;

export const MEMBER_NAMES: readonly string[] = ['url', ...Object.keys(READERS)];

/**
 * Parses the members of one target; only `url` (which may be a country code) is required.
 *
 * @throws {UsageError} With the first problem; {@link problemsOf} returns all of them.
 */
export function readMembers(members: Members, where: string): Entry {
	const entry: Mutable<Entry> = subject(stringOf('url', members['url']), where);
	for (const name of Object.keys(members)) {
		if (name !== 'url' && members[name] !== undefined) {
			readerOf(name)(members[name], entry);
		}
	}
	return entry;
}

/** Finds all problems with the members of one target. */
export function problemsOf(members: Members, where: string): readonly string[] {
	const entry: Mutable<Entry> = { id: '', isCode: false, where };
	const readers = Object.keys(members).filter((name) => name !== 'url');
	const steps = [
		() => {
			subject(stringOf('url', members['url']), where);
		},
		...readers.map((name) => () => {
			readerOf(name)(members[name], entry);
		}),
	];
	return steps.map(problemOf).filter((problem) => problem !== undefined);
}

/** The message of a `UsageError` that a step throws, if any. */
export function problemOf(step: () => void): string | undefined {
	try {
		step();
		return undefined;
	} catch (error) {
		if (error instanceof UsageError) {
			return error.message;
		}
		throw error;
	}
}

function readerOf(name: string): Reader {
	if (Object.hasOwn(READERS, name)) {
		return READERS[name as MemberName];
	}
	throw new UsageError(
		explainInput(`the member ${quote(name)}`, MEMBER_NAMES.join(', '), suggest(name, MEMBER_NAMES)),
	);
}

function stringOf(name: string, value: unknown): string {
	if (typeof value !== 'string') {
		const what = value === undefined ? `no "${name}"` : `${describeValue(value)} as "${name}"`;
		throw new UsageError(explainInput(what, 'a string'));
	}
	return value;
}

function isListOfTexts(value: unknown): value is readonly string[] {
	return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Describes a value without quoting strings, which may contain a password. */
function describeValue(value: unknown): string {
	return quote(
		JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? '…' : part)),
	);
}
