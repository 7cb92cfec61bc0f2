import { UsageError } from '../util/usage-error.ts';

/** What servers take in one query. */
const MAX_QUERY_BYTES = 1024;
const CONTROL_CHARACTER = /\p{Cc}/u;

/** @throws {UsageError} When the words are no query, by HTTP or TCP: the same for both. */
export function queryOf(words: readonly string[]): string {
	const query = words.join(' ').trim();
	if (query === '') {
		throw new UsageError(
			"the words are blank; name a beginning of a country's name, capital or code.",
		);
	}

	const control = CONTROL_CHARACTER.exec(query)?.[0];
	if (control !== undefined) {
		const name = `U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
		throw new UsageError(`the words have the control character ${name}; leave it out.`);
	}

	const bytes = Buffer.byteLength(query);
	if (bytes > MAX_QUERY_BYTES) {
		throw new UsageError(
			`the words have ${bytes} bytes; at most ${MAX_QUERY_BYTES} are allowed. Use fewer words.`,
		);
	}
	return query;
}
