import { quote, quoteUrl } from '../util/text.ts';
import { UsageError } from '../util/usage-error.ts';
import type { Entry } from './entry.ts';
import { placeAsWritten, readPlace } from './place.ts';
import { splitUserInfo } from './user-info.ts';

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
			`found ${quoteUrl(text)}; allowed: a country code (br), or a URL that begins with http:// or https://`,
		);
	}

	const { url, ...rest } = splitUserInfo(text);
	return { id: url, isCode: false, place: readPlace(url), ...rest, where };
}

/**
 * Reads a SHA-256.
 *
 * @returns It in lower case.
 * @throws {UsageError} When it is not 64 hexadecimal digits.
 */
export function digest(text: string): string {
	if (!/^[0-9a-f]{64}$/i.test(text)) {
		throw new UsageError(`found ${quote(text)} as SHA-256; allowed: 64 hexadecimal digits`);
	}
	return text.toLowerCase();
}
