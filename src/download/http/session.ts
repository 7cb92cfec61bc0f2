import { domainToASCII } from 'node:url';
import { basic, basicAuthorization, decodeUserInfo, type ParsedUrl } from '../../targets/url.ts';
import type { DownloadOptions, Login } from '../options.ts';
import { StoredCookies } from './cookies.ts';

/**
 * What hosts are told of the user: logins and cookies. Fields of `-H` go before both.
 *
 * A target's own URLs, or a redirect, may bring a user and password; without a password the login of
 * that user is taken.
 */
export class Session {
	/** Undefined if there are none. */
	readonly cookies: StoredCookies | undefined;
	readonly #logins: readonly Login[];

	constructor({ logins = [], cookies = [] }: Pick<DownloadOptions, 'logins' | 'cookies'>) {
		this.#logins = logins.map(({ host, ...login }) =>
			host === undefined ? login : { ...login, host: comparable(host) },
		);
		this.cookies = cookies.length === 0 ? undefined : new StoredCookies(cookies);
	}

	/**
	 * Value of `Authorization`.
	 *
	 * @param isListed - Whether the list names the origin: a login without host is for these alone.
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

	/** @param given - What a URL says: a password goes before every login, a user alone chooses one. */
	#loginFor(origin: string, isListed: boolean, given: string): Login | undefined {
		const [user = '', password = ''] = given.split(':', 2).map(decodeUserInfo);
		if (password !== '') {
			return undefined;
		}
		const hostname = comparable(new URL(origin).hostname);
		const own = this.#logins.filter(({ host }) => host === hostname);
		const others = isListed ? this.#logins.filter(({ host }) => host === undefined) : [];
		const logins = own.length > 0 ? own : others;
		return user === '' ? logins[0] : logins.find((login) => login.user === user);
	}
}

/** A host as `URL` writes it, without brackets. */
function comparable(host: string): string {
	const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
	return domainToASCII(bare) || bare;
}
