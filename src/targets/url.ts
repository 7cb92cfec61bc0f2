import { UsageError } from '../util/errors.ts';
import { hasCutUserInfo } from '../util/secrets.ts';
import { explainInput } from '../util/suggest.ts';
import { quoteUrl } from '../util/text.ts';
import type { Credentials } from './target.ts';

/**
 * Parses a URL that can be fetched.
 *
 * @throws {UsageError} If it is not an http or https URL, or contains user info (it would appear in every
 *   report) or white space (it is probably a missing TAB).
 */
export function httpUrl(text: string): URL {
	const url = SCHEME.test(text) && URL.canParse(text) ? new URL(text) : undefined;
	// Port 0 on this host stands for the bundled server, whose port is not known yet.
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

/** Explains why a text is not an http or https URL, and what is allowed. */
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
	// An invalid port is probably the start of a password.
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

/** A normalised http or https URL, parsed once. */
export interface ParsedUrl {
	/** The whole URL, without its fragment. */
	readonly href: string;
	/** Scheme, host and port: `https://example.org`. */
	readonly origin: string;
	/** Path and query, as in a request line (origin-form; RFC 9112, section 3.2.1). */
	readonly path: string;
}

/** The last origin that was parsed; lists repeat it thousands of times in a row. */
let knownOrigin: string | undefined;

/**
 * Characters that the URL parser leaves alone, without the path segments `.` and `..`, which it resolves.
 * Such URLs need no parsing: 0.3 µs instead of 3, several times a file.
 */
const AS_WRITTEN =
	/^(?!.*\/(?:\.|%2e){1,2}(?:[/?]|$))\/[\w\-.~!$&'()*+,;=:@%/]*(?:\?[\w\-.~!$&()*+,;=:@%/?]+)?$/i;

/**
 * @throws {UsageError} If the URL cannot be fetched: see {@link httpUrl}.
 */
export function readPlace(text: string): ParsedUrl {
	return placeAsWritten(text) ?? placeOf(httpUrl(text));
}

/** Fast path. @returns `undefined` if the URL must be parsed. */
export function placeAsWritten(text: string): ParsedUrl | undefined {
	if (knownOrigin === undefined || !text.startsWith(knownOrigin)) {
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

/** @param url - An http or https URL without user info. */
export function placeOf({ origin, pathname, search }: URL): ParsedUrl {
	knownOrigin = origin;
	const path = pathname + search;
	return { href: origin + path, origin, path };
}

const USER_INFO = /^(https?:\/\/)[^/?#\\]*@/i;

/**
 * Separates the user info from a URL, so that reports can show the URL.
 *
 * @returns The text unchanged if it is not a URL or has no user info.
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

/** Later credentials replace earlier ones of the same origin. @returns `undefined` if there are none. */
export function mergeCredentials(
	all: readonly (Credentials | undefined)[],
): Credentials | undefined {
	const given = all.filter((credentials) => credentials !== undefined);
	return given.length === 0
		? undefined
		: Object.fromEntries(given.flatMap((credentials) => Object.entries(credentials)));
}

/** Reverses {@link splitUserInfo}, for a list that will be read again. */
export function joinUserInfo(text: string, credentials: Credentials = {}): string {
	const userInfo = URL.canParse(text) ? credentials[new URL(text).origin] : undefined;
	return userInfo === undefined
		? text
		: text.replace(/^(https?:\/\/)/i, (scheme) => `${scheme}${userInfo}@`);
}

/**
 * The `Basic` credentials for the user info of a URL.
 *
 * @param userInfo - `user:password`, percent-encoded.
 * @returns `undefined` if both are empty.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617 | RFC 7617}
 */
export function basicAuthorization(userInfo: string): string | undefined {
	if (userInfo === ':') {
		return undefined;
	}
	const { user, password } = readUserInfo(userInfo);
	return basic(user, password);
}

/** @param userInfo - `user:password`, percent-encoded; only the first colon separates. */
export function readUserInfo(userInfo: string): {
	readonly user: string;
	readonly password: string;
} {
	const [user = '', ...password] = userInfo.split(':');
	return { user: decodeUserInfo(user), password: decodeUserInfo(password.join(':')) };
}

/** The `Basic` credentials for an unencoded user name and password. */
export function basic(user: string, password: string): string {
	return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export function decodeUserInfo(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		// A malformed escape stands for itself.
		return text;
	}
}
