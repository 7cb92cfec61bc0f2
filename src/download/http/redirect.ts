import { hasDigest } from '../../targets/digests.ts';
import type { HeaderFields } from '../../targets/header-field.ts';
import type { Target } from '../../targets/target.ts';
import { type ParsedUrl, placeAsWritten, placeOf, urlProblem } from '../../targets/url.ts';
import { bareUrl } from '../../util/secrets.ts';
import { DownloadError } from '../errors.ts';
import type { DownloadOptions } from '../options.ts';
import { CookieJar } from './cookies.ts';
import type { ResponseHead } from './exchange.ts';
import type { Session } from './session.ts';

const REDIRECTS_MAX = 20;

/** One URL in a chain of redirects, the first included. */
export interface Hop {
	readonly url: ParsedUrl;
	/** Whether its origin is in the target list, so that all fields of `-H` may be sent to it. */
	readonly isListed: boolean;
	/** Value of `Authorization`: from the target's own URLs, the redirect to it, or a login. */
	readonly authorization: string | undefined;
	/** Value of `Cookie`: from the user and from redirects of this chain. */
	readonly cookie: string | undefined;
}

/** 300 is a redirect if the server names its preferred choice: RFC 9110, section 15.4.1. */
export function isRedirect({ status, fields }: ResponseHead): boolean {
	switch (status) {
		case 300:
			return fields.get('location') !== undefined;
		case 301:
		case 302:
		case 303:
		case 307:
		case 308:
			return true;
		default:
			return false;
	}
}

/** Follows redirects from one URL; every try starts a new chain. */
export class RedirectChain {
	readonly #target: Target;
	readonly #origins: ReadonlySet<string>;
	readonly #mayDowngrade: boolean;
	/** Visited URLs, each with its cookies: a redirect may set a cookie and lead back. */
	readonly #seen = new Set<string>();
	readonly #session: Session;
	readonly #cookies: CookieJar;
	/** `user:password` by origin, from URLs of redirects. */
	readonly #credentials = new Map<string, string>();

	constructor(
		target: Target,
		first: ParsedUrl,
		session: Session,
		{ insecure }: Pick<DownloadOptions, 'insecure'>,
	) {
		this.#session = session;
		this.#cookies = new CookieJar(session.cookies);
		this.#target = target;
		this.#origins = originsOf(target, first);
		this.#mayDowngrade = insecure || hasDigest(target);
		this.#seen.add(this.#stateAt(first));
	}

	/**
	 * Resolves a redirect to the next URL and its credentials.
	 *
	 * @param location - Value of `Location`.
	 * @param setCookies - Values of `Set-Cookie`.
	 * @throws {DownloadError} `bad_redirect`, `insecure_redirect`, `redirect_loop`,
	 *   `too_many_redirects`.
	 */
	follow(from: ParsedUrl, location: string | undefined, setCookies: readonly string[]): Hop {
		const to = this.#resolve(from, location);
		if (isSecure(from) && !isSecure(to) && !this.#mayDowngrade) {
			throw this.#error(
				'insecure_redirect',
				`a redirect from https, allowed with a digest of the file or --insecure, to ${to.href}`,
			);
		}
		if (setCookies.length > 0) {
			this.#cookies.store(new URL(from.href), setCookies);
		}
		const state = this.#stateAt(to);
		if (this.#seen.has(state)) {
			throw this.#error('redirect_loop', `${from.href} leads back to ${to.href}`);
		}
		if (this.#seen.size > REDIRECTS_MAX) {
			throw this.#error('too_many_redirects', `more than ${REDIRECTS_MAX} redirects`);
		}
		this.#seen.add(state);
		const isListed = this.#origins.has(to.origin);
		const given = this.#target.credentials?.[to.origin] ?? this.#credentials.get(to.origin);
		return {
			url: to,
			isListed,
			authorization: this.#session.authorizationOf(to, isListed, given),
			cookie: this.#cookies.fieldFor(to.href),
		};
	}

	#stateAt({ href }: ParsedUrl): string {
		return `${href} ${this.#cookies.fingerprint}`;
	}

	#resolve(from: ParsedUrl, location: string | undefined): ParsedUrl {
		const reference = asUtf8(location ?? '');
		const to = URL.canParse(reference, from.href) ? new URL(reference, from.href) : undefined;
		if (location === undefined || to === undefined) {
			throw this.#error(
				'bad_redirect',
				location === undefined
					? 'a redirect to nowhere: no Location'
					: `a redirect to ${bareUrl(location)}, which is no URL`,
			);
		}
		if (to.protocol !== 'http:' && to.protocol !== 'https:') {
			throw this.#error('bad_redirect', `a redirect to ${to.protocol} is not followed`);
		}
		this.#extractCredentials(to);
		return placeOf(to);
	}

	/** Moves user and password out of the URL, so that reports do not show them. */
	#extractCredentials(to: URL): void {
		if (to.username === '' && to.password === '') {
			return;
		}
		this.#credentials.set(to.origin, `${to.username}:${to.password}`);
		to.username = '';
		to.password = '';
	}

	#error(code: string, message: string): DownloadError {
		return new DownloadError(this.#target, message, { code });
	}
}

function isSecure({ origin }: ParsedUrl): boolean {
	return origin.startsWith('https:');
}

/** Includes mirrors: a redirect between them stays within the origins that the user named. */
function originsOf({ url, mirrors = [], naming }: Target, first: ParsedUrl): Set<string> {
	const urls = [url, ...mirrors, naming?.metadataUrl ?? url];
	const parsed = urls.filter((text) => URL.canParse(text)).map((text) => new URL(text).origin);
	return new Set([first.origin, ...parsed]);
}

/**
 * Fields specific to a request: preconditions for this URL, and the target's own fields, which are only
 * for its own origin.
 */
export function extraFields(
	target: Target,
	{ href, origin }: ParsedUrl,
	precondition: { readonly url: string; readonly fields: HeaderFields } | undefined,
): HeaderFields | undefined {
	const conditions = precondition?.url === href ? precondition.fields : undefined;
	if (target.headers === undefined || origin !== parseUrl(target, target.url).origin) {
		return conditions;
	}
	return conditions === undefined ? target.headers : { ...target.headers, ...conditions };
}

/** Servers send raw UTF-8 paths instead of percent-encoded ones; fields are decoded as Latin-1. */
function asUtf8(field: string): string {
	const text = Buffer.from(field, 'latin1').toString('utf8');
	return text.includes('\ufffd') ? field : text;
}

/** @throws {DownloadError} `bad_url`, if it is not an HTTP URL or contains credentials. */
export function parseUrl(target: Target, text: string): ParsedUrl {
	return placeAsWritten(text) ?? parse(target, text);
}

function parse(target: Target, text: string): ParsedUrl {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url !== undefined && (url.username !== '' || url.password !== '')) {
		const message = `a user or password in the URL of ${url.host}, instead of in credentials`;
		throw new DownloadError(target, message, { code: 'bad_url' });
	}
	if (url?.protocol === 'http:' || url?.protocol === 'https:') {
		return placeOf(url);
	}
	throw new DownloadError(target, urlProblem(text), { code: 'bad_url' });
}
