import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import type { StoredCookie } from '../options.ts';

const COOKIES_MAX = 50;
/** Of name and value. */
const COOKIE_MAX_BYTES = 4096;
const ATTRIBUTE_MAX_BYTES = 1024;

interface Cookie {
	readonly name: string;
	readonly value: string;
	readonly domain: string;
	/** Of no subdomain. */
	readonly isHostOnly: boolean;
	readonly path: string;
	readonly isSecure: boolean;
	readonly expiresMs: number;
}

/** The cookies that the user has brought, by domain; no message or report has them. */
export class StoredCookies {
	readonly #byDomain = new Map<string, Cookie[]>();

	constructor(cookies: readonly StoredCookie[]) {
		for (const { includeSubdomains, secure, ...cookie } of cookies) {
			const { domain, expiresMs = Number.POSITIVE_INFINITY } = cookie;
			const isHostOnly = !includeSubdomains || !isBelowTopLevel(domain);
			const stored: Cookie = { ...cookie, isHostOnly, isSecure: secure, expiresMs };
			const known = this.#byDomain.get(domain);
			if (known === undefined) {
				this.#byDomain.set(domain, [stored]);
			} else {
				known.push(stored);
			}
		}
	}

	/** Those that are for this URL; the last of one name, domain and path. */
	matching(to: URL): ReadonlyMap<string, Cookie> {
		const found = new Map<string, Cookie>();
		const labels = to.hostname.split('.');
		for (const index of labels.keys()) {
			const candidates = this.#byDomain.get(labels.slice(index).join('.')) ?? [];
			for (const cookie of candidates.filter((one) => isFor(one, to))) {
				found.set(keyOf(cookie), cookie);
			}
		}
		return found;
	}

	/** @returns The value of `Cookie`; undefined if there is none for this URL. */
	fieldFor(href: string): string | undefined {
		return fieldOf([...this.matching(new URL(href)).values()]);
	}
}

/**
 * The cookies of one chain of redirects, before those of the user. They live no longer, and no message
 * or report has them.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6265#section-5 | RFC 6265, section 5}
 */
export class CookieJar {
	/** By name, domain and path; in the order in which they were set first. */
	readonly #cookies = new Map<string, Cookie>();
	readonly #stored: StoredCookies | undefined;

	constructor(stored?: StoredCookies) {
		this.#stored = stored;
	}

	/**
	 * Takes the cookies of a response.
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
			// One that has expired still hides what the user has brought.
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

	/** @returns The value of `Cookie`; undefined if there is none for this URL. */
	fieldFor(href: string): string | undefined {
		if (this.#cookies.size === 0) {
			return this.#stored?.fieldFor(href);
		}
		const to = new URL(href);
		const known = [...(this.#stored?.matching(to) ?? []), ...this.#cookies];
		return fieldOf([...new Map(known).values()].filter((cookie) => isFor(cookie, to)));
	}

	/** The same for the same cookies; none of them can be read in it. */
	get state(): string {
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
function fieldOf(sent: Cookie[]): string | undefined {
	sent.sort((one, other) => other.path.length - one.path.length);
	return sent.map(({ name, value }) => `${name}=${value}`).join('; ') || undefined;
}

function isFor({ domain, isHostOnly, path, isSecure, expiresMs }: Cookie, to: URL): boolean {
	const isHost = to.hostname === domain || (!isHostOnly && isSubdomain(to.hostname, domain));
	const isTransportGood = !isSecure || to.protocol === 'https:';
	return isHost && isTransportGood && isBelow(to.pathname, path) && expiresMs > Date.now();
}

function isSubdomain(host: string, domain: string): boolean {
	return host.endsWith(`.${domain}`) && isIP(host) === 0;
}

function isBelow(path: string, directory: string): boolean {
	const isPrefix = path.startsWith(directory);
	return isPrefix && (directory.endsWith('/') || /^(?:\/|$)/.test(path.slice(directory.length)));
}

/** @returns Undefined if it has no name, is too large, or is meant for a domain that is not the host's. */
function parseCookie(field: string, from: URL): Cookie | undefined {
	const [pair = '', ...rest] = field.split(';');
	const [name, value] = splitPair(pair);
	// Control characters could not be sent back; they are no part of a cookie.
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
	if (name.length + value.length > COOKIE_MAX_BYTES || !maySet(domain, from.hostname)) {
		return undefined;
	}
	const path = attributes.get('path') ?? '';
	return {
		name,
		value,
		domain,
		isHostOnly: given === '' || !isBelowTopLevel(domain),
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

/** A top-level name alone would be for hosts of anyone, unless the host has no other name. */
function maySet(domain: string, host: string): boolean {
	return domain === host || (isBelowTopLevel(domain) && isSubdomain(host, domain));
}

function isBelowTopLevel(domain: string): boolean {
	return /[^.]\.[^.]/.test(domain);
}

function directoryOf(path: string): string {
	return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** `Max-Age` goes before `Expires`; without both it is as long as the chain. */
function expiryMs(maxAge: string | undefined, expires: string | undefined): number {
	if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) {
		return Number(maxAge) <= 0 ? 0 : Date.now() + Number(maxAge) * 1000;
	}
	const atMs = Date.parse(expires ?? '');
	return Number.isNaN(atMs) ? Number.POSITIVE_INFINITY : atMs;
}
