import { UsageError } from '../util/errors.ts';
import { codePointName } from '../util/text.ts';

/** What servers take in one query. */
const MAX_QUERY_BYTES = 1024;

/** @throws {UsageError} When the words are no query, by HTTP or TCP: the same for both. */
export function queryOf(words: readonly string[]): string {
	const query = words.join(' ').trim();
	if (query === '') {
		throw new UsageError(
			"the words are blank; name a beginning of a country's name, capital or code.",
		);
	}

	const control = /\p{Cc}/u.exec(query)?.[0];
	if (control !== undefined) {
		const name = codePointName(control);
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
