import { UsageError } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';
import { quoteUrl } from '../util/text.ts';
import type { ContentDigests } from './digests.ts';
import type { HeaderFields } from './header-field.ts';
import type { Credentials } from './target.ts';
import { type ParsedUrl, placeAsWritten, readPlace, splitUserInfo } from './url.ts';

/** One requested file, from an argument or a line of a list, before it is resolved to a target. */
export interface Entry extends ContentDigests {
	/** A country code in upper case, or the URL as written, without user info. */
	readonly id: string;
	readonly isCode: boolean;
	/** The parsed URL; absent for a country code. */
	readonly place?: ParsedUrl;
	/** Safe path below the output directory, with `/`. If absent, the template decides. */
	readonly dest?: string;
	readonly mirrors?: readonly string[];
	/** For its URLs. */
	readonly credentials?: Credentials;
	/** Sent only to its own origin. */
	readonly headers?: HeaderFields;
	/** For messages: `list.txt:14`, `argument 2`, `BR`. */
	readonly where: string;
}

/** An invalid line and all of its problems: what was found, and what is allowed. */
export interface BadEntry {
	readonly where: string;
	readonly problems: readonly string[];
}

/** The requested files in order, in batches that can be iterated once. Each call starts from the beginning. */
export type Source = () => AsyncIterable<Iterable<Entry | BadEntry>>;

export function concatSources(sources: readonly Source[]): Source {
	return async function* () {
		for (const source of sources) {
			yield* source();
		}
	};
}

/**
 * Parses a country code in any case, or a URL.
 *
 * @throws {UsageError} If it is neither.
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
				urlIn(text),
			),
		);
	}

	const { url, ...rest } = splitUserInfo(text);
	return { id: url, isCode: false, place: readPlace(url), ...rest, where };
}

/**
 * The URL in a line of curl's configuration, or that of a host and path without a scheme, for messages: none
 * that may contain a password.
 */
export function urlIn(text: string): string | undefined {
	const url = /^url\s*=?\s*"?(https?:[^"\s]+)/i.exec(text)?.[1];
	const isBare = /^[\w-]+(?:\.[\w-]+)+(?::\d+)?\/\S*$/.test(text);
	const meant = url ?? (isBare ? `http://${text}` : undefined);
	return text.includes('@') ? undefined : meant;
}

/** Takes up to `limit` entries from a source, and reads no further. */
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
