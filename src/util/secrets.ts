import { shellWord } from './shell.ts';

/**
 * Keeps the user and password of URLs, and the values of header fields, out of what is shown. What cannot be
 * read as a URL may still hold them: a password with a `#`, a scheme or colon that was forgotten.
 */

const SCHEME = /(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:(?=[/\\])|https?:)[/\\]*/i;
const SCHEME_AT_START = new RegExp(`^${SCHEME.source}`, 'i');

/** The user info of a URL that is rightly written, up to its `@`. */
const USER_INFO = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*@)/i;

/**
 * An `@` after what ends the authority, and no path in between: a password with a `#` or `?`, or one that
 * begins with a `/`, makes a URL of another host.
 */
const CUT_USER_INFO = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\\@]*(?:[#?]|:[/\\])[\s\S]*@/i;

/** A colon that no port follows: the rest may be a password whose `@` and host were forgotten. */
const COLON_OF_PASSWORD = /^([^[:/?#\\]*:)(?!\d*(?:[/?#\\]|$))[\s\S]+/;

/** Whether a URL that can be read has rather a user and password in it that end too early. */
export function hasCutUserInfo(url: string): boolean {
	const userInfo = USER_INFO.exec(url)?.[1];
	return CUT_USER_INFO.test(userInfo === undefined ? url : url.replace(userInfo, ''));
}

/** Any text for a message: without what may be the user and password of a URL in it. */
export function withoutUserInfo(text: string): string {
	return text.replace(userInfoIn(text), '');
}

/** The same for what should be a URL: if it is none, all after its first colon may be a password. */
export function bareUrl(text: string): string {
	const bare = text.replace(userInfoOf(text), '');
	const scheme = SCHEME_AT_START.exec(bare)?.[0] ?? '';
	return bare === text
		? scheme + bare.slice(scheme.length).replace(COLON_OF_PASSWORD, '$1…')
		: bare;
}

/** A message without the user info that any of these texts holds: for what others say about them. */
export function withoutUserInfoOf(texts: readonly (string | undefined)[], message: string): string {
	return texts
		.map((text = '') => userInfoIn(text))
		.filter((userInfo) => userInfo !== '')
		.reduce((shown, userInfo) => shown.replaceAll(userInfo, ''), message);
}

/** What may be a user and password in any text, with the `@` after them; empty if nothing may. */
function userInfoIn(text: string): string {
	if (!text.includes('@')) {
		return '';
	}
	const at = SCHEME.exec(text)?.index;
	// What stands before a scheme is no user if it is a key of JSON, or has no colon.
	if (at !== undefined && !/[:@]/.test(text.slice(0, at).replaceAll(/":\s*"/g, ''))) {
		return userInfoOf(text.slice(at));
	}
	const [found = ''] = /^[^@]*:[\s\S]*@/.exec(text) ?? /^[^\s@/]+@(?=[\w.-]+[:/])/.exec(text) ?? [];
	return found;
}

/** The same in what should be a URL. */
function userInfoOf(text: string): string {
	const scheme = SCHEME_AT_START.exec(text)?.[0] ?? '';
	if (/^https?:\/\/$/i.test(scheme) && URL.canParse(text) && !hasCutUserInfo(text)) {
		return USER_INFO.exec(text)?.[1] ?? '';
	}
	return text.slice(scheme.length, text.lastIndexOf('@') + 1);
}

const SIGNATURE =
	/([?&;](?:[\w-]*(?:signature|token|secret|password|credential)|sig|api[_-]?key|key|policy|auth)=)[^&;#"'\s]+/gi;

/** A URL to be shown: who has one that is signed may fetch it. */
export function withoutSignature(url: string): string {
	return url.includes('=') ? url.replace(SIGNATURE, '$1…') : url;
}

/** Options, of flagdl and of other clients, whose values are secrets. */
const LONG_OPTION =
	'--[\\w-]*(?:auth|bearer|cookie|header|key|pass|passwd|password|secret|token|user)';
const EXPECTS_SECRET = new RegExp(`^(?:-[A-Za-z]*H|${LONG_OPTION})$`);
/** Switches of flagdl and curl that may stand before an option in one word: `-vume:password`. */
const SWITCHES = '[aegijkqsvJLRS]*';
const HOLDS_SECRET = new RegExp(
	`^(-${SWITCHES}H(?!$)|-${SWITCHES}[Uu](?=[^:]*:)|${LONG_OPTION}=)(?!@)[\\s\\S]+`,
);
/** Of other programs it may be a switch, which no `user:password` follows. */
const EXPECTS_USER = /^-[A-Za-z]*[Uu]$/;

/** A command line without its secrets; `@file` only names a file that has one. */
export function wordsWithoutSecrets(words: readonly string[]): readonly string[] {
	return words.map((word, index) => {
		const before = words[index - 1] ?? '';
		if (EXPECTS_SECRET.test(before) || (EXPECTS_USER.test(before) && word.includes(':'))) {
			return word.startsWith('@') ? word : '…';
		}
		return HOLDS_SECRET.test(word)
			? word.replace(HOLDS_SECRET, '$1…')
			: withoutSignature(withoutUserInfo(word));
	});
}

/** The command line of flagdl with these arguments, to be shown and pasted: without its secrets. */
export function commandLineWithoutSecrets(argv: readonly string[]): string {
	return ['flagdl', ...wordsWithoutSecrets(argv).map(shellWord)].join(' ');
}

const SECRET_VARIABLE = /^(\w*(?:AUTH|COOKIE|KEY|PASS|SECRET|TOKEN)\w*=)[\s\S]+/i;

/** The same for a line of a shell, if it is only shown. */
export function lineWithoutSecrets(line: string): string {
	return wordsWithoutSecrets(wordsOfShell(line))
		.map((word) => word.replace(SECRET_VARIABLE, '$1…'))
		.join(' ');
}

const WORD_OF_SHELL = /(?:"(?:\\[\s\S]|[^"\\])*(?:"|$)|'[^']*(?:'|$)|\\[\s\S]|[^\s"'\\])+/g;

/** Words of a line of a shell as they are written, with their quotes. */
export function wordsOfShell(line: string): readonly string[] {
	return line.match(WORD_OF_SHELL) ?? [];
}
