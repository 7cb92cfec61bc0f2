import { hasCutUserInfo } from '../util/secrets.ts';
import { quoteUrl } from '../util/text.ts';
import { UsageError } from '../util/usage-error.ts';

/**
 * Reads a URL that can be fetched.
 *
 * @throws {UsageError} Unless it is one of http or https, without user and password (they would
 *   end in every report), and without white space (which is rather a forgotten TAB).
 */
export function httpUrl(text: string): URL {
	const url = SCHEME.test(text) ? parse(text) : undefined;
	if (url === undefined || WHITE_SPACE.test(text) || hasCutUserInfo(text)) {
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
		return `found ${quoteUrl(text)}; allowed: a URL that begins with http:// or https://`;
	}
	if (WHITE_SPACE.test(text)) {
		return `found white space or a control character in ${quoteUrl(text)}; write %20, and a TAB before a destination`;
	}

	if (parse(text) !== undefined) {
		return `found an @ after the host of ${quoteUrl(text)}; in a password write / as %2F, ? as %3F and # as %23; before a query write /`;
	}

	const authority = /^[^:]+:[/\\]*([^/\\?#]*)/.exec(text)?.[1] ?? '';
	const host = authority.slice(authority.lastIndexOf('@') + 1);
	const found = `found ${quoteUrl(text)}, with`;
	if (/^\[[^\]]*%/.test(host)) {
		return `${found} a zone (%…) in its IPv6 address, which URLs cannot have; allowed: the address without it, or a host name`;
	}
	const port = /:([^:\]]*)$/.exec(host)?.[1] ?? '';
	if (port !== '' && !(/^\d+$/.test(port) && Number(port) <= PORT_MAX)) {
		return `${found} an impossible port; allowed: a number from 1 to ${PORT_MAX}`;
	}
	return `${found} ${host === '' ? 'no host' : 'an impossible host'}; allowed: a host name such as example.org, or an IP address, in brackets if it is IPv6`;
}

const PORT_MAX = 65_535;

function parse(text: string): URL | undefined {
	try {
		return new URL(text);
	} catch {
		return undefined;
	}
}
