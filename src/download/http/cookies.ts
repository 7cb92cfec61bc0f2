import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import type { StoredCookie } from '../options.ts';

const COOKIES_MAX = 50;
/** Name and value together. */
const COOKIE_MAX_BYTES = 4096;
const ATTRIBUTE_MAX_BYTES = 1024;

interface Cookie {
	readonly name: string;
	readonly value: string;
	readonly domain: string;
	/** Not sent to subdomains. */
	readonly isHostOnly: boolean;
	readonly path: string;
	readonly isSecure: boolean;
	readonly expiresMs: number;
}

/** The user's cookies, by domain. They never appear in messages or reports. */
export class StoredCookies {
	readonly #byDomain = new Map<string, Cookie[]>();

	constructor(cookies: readonly StoredCookie[]) {
		for (const { includeSubdomains, secure, ...cookie } of cookies) {
			const { domain, expiresMs = Number.POSITIVE_INFINITY } = cookie;
			const isHostOnly = !includeSubdomains || !hasSeveralLabels(domain);
			const stored: Cookie = { ...cookie, isHostOnly, isSecure: secure, expiresMs };
			const known = this.#byDomain.get(domain);
			if (known === undefined) {
				this.#byDomain.set(domain, [stored]);
			} else {
				known.push(stored);
			}
		}
	}

	/** The cookies to send to this URL; of several with one name, domain and path, the last. */
	matching(to: URL): ReadonlyMap<string, Cookie> {
		const found = new Map<string, Cookie>();
		const labels = to.hostname.split('.');
		for (const index of labels.keys()) {
			const candidates = this.#byDomain.get(labels.slice(index).join('.')) ?? [];
			for (const cookie of candidates.filter((one) => matchesUrl(one, to))) {
				found.set(keyOf(cookie), cookie);
			}
		}
		return found;
	}

	/** @returns The value of `Cookie`; undefined if no cookie matches this URL. */
	fieldFor(href: string): string | undefined {
		return toCookieField([...this.matching(new URL(href)).values()]);
	}
}

/**
 * The cookies set within one redirect chain, which override those of the user. They are discarded with
 * the chain and never appear in messages or reports.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6265#section-5 | RFC 6265, section 5}
 */
export class CookieJar {
	/** By name, domain and path; in the order in which they were first set. */
	readonly #cookies = new Map<string, Cookie>();
	readonly #stored: StoredCookies | undefined;

	constructor(stored?: StoredCookies) {
		this.#stored = stored;
	}

	/**
	 * Stores the cookies of a response.
	 *
	 * @param fields - Values of `Set-Cookie`.
	 */
	store(from: URL, fields: readonly string[]): void {
		for (const field of fields) {
			const cookie = parseCookie(field, from);
			if (cookie === undefined) {
				continue;
			}
			const key = keyOf(cookie);
			// An expired cookie still overrides one of the user.
			if (cookie.expiresMs <= Date.now() && this.#stored === undefined) {
				this.#cookies.delete(key);
				continue;
			}
			this.#cookies.set(key, cookie);
			const [oldest] = this.#cookies.keys();
			if (this.#cookies.size > COOKIES_MAX && oldest !== undefined) {
				this.#cookies.delete(oldest);
			}
		}
	}

	/** @returns The value of `Cookie`; undefined if no cookie matches this URL. */
	fieldFor(href: string): string | undefined {
		if (this.#cookies.size === 0) {
			return this.#stored?.fieldFor(href);
		}
		const to = new URL(href);
		const known = [...(this.#stored?.matching(to) ?? []), ...this.#cookies];
		return toCookieField([...new Map(known).values()].filter((cookie) => matchesUrl(cookie, to)));
	}

	/** Equal for equal cookies; a hash, so that it reveals none. */
	get fingerprint(): string {
		if (this.#cookies.size === 0) {
			return '';
		}
		const known = [...this.#cookies].map(([key, { value }]) => [key, value]).sort();
		return hash('sha256', JSON.stringify(known));
	}
}

function keyOf({ name, domain, path }: Cookie): string {
	return JSON.stringify([name, domain, path]);
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc6265#section-5.4 | RFC 6265, section 5.4} */
function toCookieField(sent: Cookie[]): string | undefined {
	sent.sort((one, other) => other.path.length - one.path.length);
	return sent.map(({ name, value }) => `${name}=${value}`).join('; ') || undefined;
}

function matchesUrl({ domain, isHostOnly, path, isSecure, expiresMs }: Cookie, to: URL): boolean {
	const isHost = to.hostname === domain || (!isHostOnly && isSubdomain(to.hostname, domain));
	const isTransportAllowed = !isSecure || to.protocol === 'https:';
	return isHost && isTransportAllowed && pathMatches(to.pathname, path) && expiresMs > Date.now();
}

function isSubdomain(host: string, domain: string): boolean {
	return host.endsWith(`.${domain}`) && isIP(host) === 0;
}

function pathMatches(path: string, directory: string): boolean {
	const isPrefix = path.startsWith(directory);
	return isPrefix && (directory.endsWith('/') || /^(?:\/|$)/.test(path.slice(directory.length)));
}

/** @returns Undefined if it has no name, is too large, or is for a domain that the host may not set. */
function parseCookie(field: string, from: URL): Cookie | undefined {
	const [pair = '', ...rest] = field.split(';');
	const [name, value] = splitPair(pair);
	// Control characters are not allowed in a cookie and could not be sent back.
	if (name === '' || !pair.includes('=') || /[^\t\u0020-\u007e\u0080-\u00ff]/.test(pair)) {
		return undefined;
	}
	const attributes = new Map(
		rest
			.map(splitPair)
			.filter(([, text]) => text.length <= ATTRIBUTE_MAX_BYTES)
			.map(([key, text]) => [key.toLowerCase(), text]),
	);
	const given = attributes.get('domain')?.replace(/^\./, '').toLowerCase() ?? '';
	const domain = given === '' ? from.hostname : given;
	if (name.length + value.length > COOKIE_MAX_BYTES || !isDomainAllowed(domain, from.hostname)) {
		return undefined;
	}
	const path = attributes.get('path') ?? '';
	return {
		name,
		value,
		domain,
		isHostOnly: given === '' || !hasSeveralLabels(domain),
		path: path.startsWith('/') ? path : directoryOf(from.pathname),
		isSecure: attributes.has('secure'),
		expiresMs: expiryMs(attributes.get('max-age'), attributes.get('expires')),
	};
}

function splitPair(text: string): [name: string, value: string] {
	const at = text.indexOf('=');
	const end = at === -1 ? text.length : at;
	return [text.slice(0, end).trim(), text.slice(end + 1).trim()];
}

/** A top-level domain would cover foreign hosts, so only a host of that very name may use it. */
function isDomainAllowed(domain: string, host: string): boolean {
	return domain === host || (hasSeveralLabels(domain) && isSubdomain(host, domain));
}

function hasSeveralLabels(domain: string): boolean {
	return /[^.]\.[^.]/.test(domain);
}

function directoryOf(path: string): string {
	return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** `Max-Age` takes precedence over `Expires`; without both the cookie never expires. */
function expiryMs(maxAge: string | undefined, expires: string | undefined): number {
	if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) {
		return Number(maxAge) <= 0 ? 0 : Date.now() + Number(maxAge) * 1000;
	}
	const atMs = Date.parse(expires ?? '');
	return Number.isNaN(atMs) ? Number.POSITIVE_INFINITY : atMs;
}
