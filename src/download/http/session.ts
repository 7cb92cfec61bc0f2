import { domainToASCII } from 'node:url';
import { basic, basicAuthorization, type ParsedUrl, readUserInfo } from '../../targets/url.ts';
import type { DownloadOptions, Login } from '../options.ts';
import { StoredCookies } from './cookies.ts';

/**
 * The user's logins and cookies. Fields of `-H` take precedence over both.
 *
 * A target's own URLs, or a redirect, may contain a user and password; without a password the login of
 * that user is used.
 */
export class Session {
	/** Undefined if there are none. */
	readonly cookies: StoredCookies | undefined;
	readonly #logins: readonly Login[];

	constructor({ logins = [], cookies = [] }: Pick<DownloadOptions, 'logins' | 'cookies'>) {
		this.#logins = logins.map(({ host, ...login }) =>
			host === undefined ? login : { ...login, host: normalizeHost(host) },
		);
		this.cookies = cookies.length === 0 ? undefined : new StoredCookies(cookies);
	}

	/**
	 * Value of `Authorization`.
	 *
	 * @param isListed - Whether the origin is in the target list: logins without host are only for those.
	 * @param given - `user:password` of a URL, percent-encoded.
	 */
	authorizationOf(
		{ origin }: ParsedUrl,
		isListed: boolean,
		given: string | undefined,
	): string | undefined {
		const login =
			this.#logins.length === 0 ? undefined : this.#loginFor(origin, isListed, given ?? ':');
		if (login !== undefined) {
			return basic(login.user, login.password);
		}
		return given === undefined ? undefined : basicAuthorization(given);
	}

	/** @param given - From a URL: with a password it overrides every login, a user alone selects one. */
	#loginFor(origin: string, isListed: boolean, given: string): Login | undefined {
		const { user, password } = readUserInfo(given);
		if (password !== '') {
			return undefined;
		}
		const hostname = normalizeHost(new URL(origin).hostname);
		const own = this.#logins.filter(({ host }) => host === hostname);
		const others = isListed ? this.#logins.filter(({ host }) => host === undefined) : [];
		const logins = own.length > 0 ? own : others;
		return user === '' ? logins[0] : logins.find((login) => login.user === user);
	}
}

/** The host as `URL` serializes it, without brackets. */
function normalizeHost(host: string): string {
	const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
	return domainToASCII(bare) || bare;
}
