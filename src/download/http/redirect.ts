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

/** One URL on the way from the first to where the last redirect leads. */
export interface Hop {
	readonly url: ParsedUrl;
	/** Whether the list names its origin: what `-H` gives is meant for it. */
	readonly isListed: boolean;
	/** Value of `Authorization`: of the target's own URLs, of the redirect to it, or of a login. */
	readonly authorization: string | undefined;
	/** Value of `Cookie`: of the user, and of redirects that led here. */
	readonly cookie: string | undefined;
}

/** A choice (300) is made if the server prefers one: RFC 9110, section 15.4.1. */
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

/** Follows redirects from one URL; one for each try, so that each try starts afresh. */
export class RedirectChain {
	readonly #target: Target;
	readonly #origins: ReadonlySet<string>;
	readonly #mayDowngrade: boolean;
	/** URLs, with the cookies that each was asked with: a redirect may set one and lead back. */
	readonly #seen = new Set<string>();
	readonly #session: Session;
	readonly #cookies: CookieJar;
	/** `user:password` by origin, of redirects that bring them. */
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
	 * The next URL, and what goes to its origin.
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
		return `${href} ${this.#cookies.state}`;
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
		this.#keepCredentials(to);
		return placeOf(to);
	}

	/** Takes the user and password out of the URL, so that no report shows them. */
	#keepCredentials(to: URL): void {
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

/** Mirrors hold the same content: a redirect from one to another stays where the user sent it. */
function originsOf({ url, mirrors = [], naming }: Target, first: ParsedUrl): Set<string> {
	const urls = [url, ...mirrors, naming?.metadataUrl ?? url];
	const parsed = urls.filter((text) => URL.canParse(text)).map((text) => new URL(text).origin);
	return new Set([first.origin, ...parsed]);
}

/**
 * Header fields for this URL: what is known of its resource, and what the list has for the target's own
 * origin.
 */
export function ownFields(
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

/** Servers write paths in UTF-8 that should be percent-encoded; fields are read as Latin-1. */
function asUtf8(field: string): string {
	const text = Buffer.from(field, 'latin1').toString('utf8');
	return text.includes('\ufffd') ? field : text;
}

/** @throws {DownloadError} `bad_url`, where it cannot be asked. */
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
