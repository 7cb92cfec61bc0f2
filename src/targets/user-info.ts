import type { Credentials } from './target.ts';

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
