import { UsageError } from '../util/errors.ts';
import { hasCutUserInfo } from '../util/secrets.ts';
import { explainInput } from '../util/suggest.ts';
import { quoteUrl } from '../util/text.ts';
import type { Credentials } from './target.ts';

/**
 * Reads a URL that can be fetched.
 *
 * @throws {UsageError} Unless it is one of http or https, without user and password (they would
 *   end in every report), and without white space (which is rather a forgotten TAB).
 */
export function httpUrl(text: string): URL {
	const url = SCHEME.test(text) && URL.canParse(text) ? new URL(text) : undefined;
	// Port 0 of this host stands for the bundled server, whose port is not known yet.
	const isPort = url?.port !== '0' || url.hostname === '127.0.0.1';
	if (url === undefined || !isPort || WHITE_SPACE.test(text) || hasCutUserInfo(text)) {
		throw new UsageError(urlProblem(text));
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

const SCHEME = /^https?:\/\//i;
const WHITE_SPACE = /[\s\p{Cc}]/u;

/** What is wrong with a text that is no URL of http or https, and what is allowed. */
export function urlProblem(text: string): string {
	if (!SCHEME.test(text)) {
		return explainInput(quoteUrl(text), 'a URL that begins with http:// or https://');
	}
	if (WHITE_SPACE.test(text)) {
		return `found white space or a control character in ${quoteUrl(text)}; write %20, and a TAB before a destination`;
	}

	const [, authority = '', rest = ''] = /^[^:]+:[/\\]*([^/\\?#]*)(.*)/s.exec(text) ?? [];
	const host = authority.slice(authority.lastIndexOf('@') + 1);
	const port = /:([^:\]]*)$/.exec(host)?.[1] ?? '';
	const isPort =
		port === '' || (/^\d+$/.test(port) && Number(port) > 0 && Number(port) <= PORT_MAX);
	// What stands in the place of a port is rather the beginning of a password.
	if (hasCutUserInfo(text) || (!isPort && rest.includes('@'))) {
		return `found an @ after the host of ${quoteUrl(text)}; in a password write / as %2F, ? as %3F and # as %23; before a query write /`;
	}
	const found = `${quoteUrl(text)}, with`;
	if (/^\[[^\]]*%/.test(host)) {
		return explainInput(
			`${found} a zone (%…) in its IPv6 address, which URLs cannot have`,
			'the address without it, or a host name',
		);
	}
	if (!isPort) {
		return explainInput(`${found} an impossible port`, `a number from 1 to ${PORT_MAX}`);
	}
	return explainInput(
		`${found} ${host === '' ? 'no host' : 'an impossible host'}`,
		'a host name such as example.org, or an IP address, in brackets if it is IPv6',
	);
}

const PORT_MAX = 65_535;

/** Where a file is: a URL of http or https as a parser would write it, taken apart once. */
export interface ParsedUrl {
	/** The whole URL, without its fragment. */
	readonly href: string;
	/** Scheme, host and port: `https://example.org`. */
	readonly origin: string;
	/** With the query: what a request line has (origin-form; RFC 9112, section 3.2.1). */
	readonly path: string;
}

/** The last one that was parsed: a list names it thousands of times in a row. */
let knownOrigin = '\0';

/**
 * Characters that no parser escapes, without `.` and `..` as parts of the path, which it resolves.
 * Only what is left as it is may go unparsed: 0.3 µs instead of 3, several times a file.
 */
const AS_WRITTEN =
	/^(?!.*\/(?:\.|%2e){1,2}(?:[/?]|$))\/[\w\-.~!$&'()*+,;=:@%/]*(?:\?[\w\-.~!$&()*+,;=:@%/?]+)?$/i;

/**
 * Reads a URL.
 *
 * @throws {UsageError} When it cannot be fetched: see {@link httpUrl}.
 */
export function readPlace(text: string): ParsedUrl {
	return placeAsWritten(text) ?? placeOf(httpUrl(text));
}

/** @returns `undefined` where it takes a parser to tell. */
export function placeAsWritten(text: string): ParsedUrl | undefined {
	if (!text.startsWith(knownOrigin)) {
		return undefined;
	}
	const path = text.slice(knownOrigin.length);
	return AS_WRITTEN.test(path) ? { href: text, origin: knownOrigin, path } : undefined;
}

/** A path without its query. */
export function pathnameOf(path: string): string {
	const query = path.indexOf('?');
	return query === -1 ? path : path.slice(0, query);
}

/** @param url - Of http or https, without user and password. */
export function placeOf({ origin, pathname, search }: URL): ParsedUrl {
	knownOrigin = origin;
	const path = pathname + search;
	return { href: origin + path, origin, path };
}

const USER_INFO = /^(https?:\/\/)[^/?#\\]*@/i;

/**
 * Takes user and password out of a URL, so that every report may show it.
 *
 * @returns The text as it is, where it is no URL or has neither.
 */
export function splitUserInfo(text: string): {
	readonly url: string;
	readonly credentials?: Credentials;
} {
	if (!USER_INFO.test(text) || !URL.canParse(text)) {
		return { url: text };
	}

	const { origin, username, password } = new URL(text);
	const url = text.replace(USER_INFO, '$1');
	return username === '' && password === ''
		? { url }
		: { url, credentials: { [origin]: `${username}:${password}` } };
}

/** @returns All of them, a later one before an earlier one of the same origin; `undefined` for none. */
export function mergeCredentials(
	all: readonly (Credentials | undefined)[],
): Credentials | undefined {
	const given = all.filter((credentials) => credentials !== undefined);
	return given.length === 0
		? undefined
		: Object.fromEntries(given.flatMap((credentials) => Object.entries(credentials)));
}

/** Puts back what {@link splitUserInfo} took out: for a list that is to be read again. */
export function joinUserInfo(text: string, credentials: Credentials = {}): string {
	const userInfo = URL.canParse(text) ? credentials[new URL(text).origin] : undefined;
	return userInfo === undefined
		? text
		: text.replace(/^(https?:\/\/)/i, (scheme) => `${scheme}${userInfo}@`);
}

/**
 * The `Basic` credentials of a user and password, as they are in a URL.
 *
 * @param userInfo - `user:password`, percent-encoded.
 * @returns `undefined` where both are empty.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617 | RFC 7617}
 */
export function basicAuthorization(userInfo: string): string | undefined {
	if (userInfo === ':') {
		return undefined;
	}
	const [user = '', password = ''] = userInfo.split(':', 2).map(decodeUserInfo);
	return basic(user, password);
}

/** The same of a user and password as they are. */
export function basic(user: string, password: string): string {
	return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Undoes percent-encoding. */
export function decodeUserInfo(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		// A lone `%` stands for itself.
		return text;
	}
}
