import { UsageError } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';
import { quoteUrl } from '../util/text.ts';
import type { ContentDigests } from './digests.ts';
import type { HeaderFields } from './header-field.ts';
import type { Credentials } from './target.ts';
import { type ParsedUrl, placeAsWritten, readPlace, splitUserInfo } from './url.ts';

/** One file that was asked for, by an argument or a line of a list, before it has its place. */
export interface Entry extends ContentDigests {
	/** A country code in upper case, or a URL as it was written, without user and password. */
	readonly id: string;
	readonly isCode: boolean;
	/** Of a URL. */
	readonly place?: ParsedUrl;
	/** Path below the output directory, with `/`; safe. Absent: the template decides. */
	readonly dest?: string;
	readonly mirrors?: readonly string[];
	/** Of its URLs. */
	readonly credentials?: Credentials;
	/** Of requests to its own origin. */
	readonly headers?: HeaderFields;
	/** For messages: `list.txt:14`, `argument 2`, `BR`. */
	readonly where: string;
}

/** A line that is no entry, and all that is wrong with it: what was found, what is allowed. */
export interface BadEntry {
	readonly where: string;
	readonly problems: readonly string[];
}

/** What was asked for, in order, in batches, each to be read once. Each call reads it from its beginning. */
export type Source = () => AsyncIterable<Iterable<Entry | BadEntry>>;

/** Several sources, one after the other. */
export function concatSources(sources: readonly Source[]): Source {
	return async function* () {
		for (const source of sources) {
			yield* source();
		}
	};
}

/**
 * Reads what an entry is about: a country code in any case, or a URL.
 *
 * @throws {UsageError} When it is neither.
 */
export function subject(text: string, where: string): Entry {
	// Without the flag u: with it, `ſ` and the Kelvin sign would be letters of this range.
	if (/^[a-z]{2}$/i.test(text)) {
		return { id: text.toUpperCase(), isCode: true, where };
	}
	const known = placeAsWritten(text);
	if (known !== undefined) {
		return { id: text, isCode: false, place: known, where };
	}
	if (!/^https?:/i.test(text)) {
		throw new UsageError(
			explainInput(
				quoteUrl(text),
				'a country code (br), or a URL that begins with http:// or https://',
			),
		);
	}

	const { url, ...rest } = splitUserInfo(text);
	return { id: url, isCode: false, place: readPlace(url), ...rest, where };
}

/** The first entries of a source, at most `limit`; it is read no further. */
export async function* takeEntries(source: Source, limit: number): ReturnType<Source> {
	let left = limit;
	function* first(entries: Iterable<Entry | BadEntry>) {
		for (const entry of entries) {
			if (left <= 0) {
				return;
			}
			left -= 1;
			yield entry;
		}
	}
	for await (const entries of source()) {
		yield first(entries);
		if (left <= 0) {
			return;
		}
	}
}
