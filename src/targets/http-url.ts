import { UsageError } from '../util/usage-error.ts';

/**
 * Reads a URL that can be fetched.
 *
 * @throws {UsageError} Unless it is one of http or https, without user and password (they would
 *   end in every report), and without white space (which is rather a forgotten TAB).
 */
export function httpUrl(text: string): URL {
	const url = /^https?:\/\//i.test(text) ? parse(text) : undefined;
	if (url === undefined) {
		throw new UsageError(
			`found ${quote(text)}; allowed: a URL that begins with http:// or https://`,
		);
	}
	if (/[\s\p{Cc}]/u.test(text)) {
		throw new UsageError(
			`found white space or a control character in ${quote(text)}; write %20, and a TAB before a destination`,
		);
	}
	if (url.username !== '' || url.password !== '') {
		throw new UsageError(
			`found a user or password in the URL of ${url.host}; give them with -H 'Authorization: …'`,
		);
	}

	if (url.hash !== '') {
		url.hash = '';
	}
	return url;
}

function parse(text: string): URL | undefined {
	try {
		return new URL(text);
	} catch {
		return undefined;
	}
}

/** A piece of input for a message: short, without a control character, and without a password. */
export function quote(text: string): string {
	const bare = text.replace(/:\/\/[^/?#\s]*@/g, '://');
	const short = bare.length > 80 ? `${bare.slice(0, 79)}…` : bare;
	return JSON.stringify(short).replace(
		/[\p{Cc}\p{Cf}\p{Surrogate}]/gu,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}
