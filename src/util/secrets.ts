import { shellWord } from './shell.ts';

/**
 * Removes the user info of URLs, and the values of header fields, from output. Text that is not a valid URL may
 * still contain them: a password with a `#`, a missing scheme or colon.
 */

const SCHEME = /(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:(?=[/\\])|https?:)[/\\]*/i;
const SCHEME_AT_START = new RegExp(`^${SCHEME.source}`, 'i');

/** The user info of a valid URL, including its `@`. */
const USER_INFO = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*@)/i;

/**
 * An `@` after the end of the authority, without a path in between: a password that contains a `#` or `?`, or
 * starts with a `/`, yields a URL with another host.
 */
const CUT_USER_INFO = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\\@]*(?:[#?]|:[/\\])[\s\S]*@/i;

/** A colon without a port: the rest may be a password with its `@` and host missing. */
const COLON_OF_PASSWORD = /^([^[:/?#\\]*:)(?!\d*(?:[/?#\\]|$))[\s\S]+/;

/** Whether a valid URL probably contains a password that was cut off by an unescaped character. */
export function hasCutUserInfo(url: string): boolean {
	const userInfo = USER_INFO.exec(url)?.[1];
	return CUT_USER_INFO.test(userInfo === undefined ? url : url.replace(userInfo, ''));
}

/** Removes anything that may be the user info of a URL from a text, which may contain several. */
export function withoutUserInfo(text: string): string {
	return text
		.replace(userInfoIn(text), '')
		.split(NEXT_URL)
		.map((part) => part.replace(userInfoIn(part), ''))
		.join('');
}

/** The position of a further URL in a text. */
const NEXT_URL = /(?<=[\s,;|"'])(?=https?:[/\\])/i;

/** The same for a text that should be a URL: if it is not, everything after its first colon may be a password. */
export function bareUrl(text: string): string {
	const bare = withoutUserInfo(text.replace(userInfoOf(text), ''));
	const scheme = SCHEME_AT_START.exec(bare)?.[0] ?? '';
	return bare === text
		? scheme + bare.slice(scheme.length).replace(COLON_OF_PASSWORD, '$1…')
		: bare;
}

/** Removes the user info that any of these texts contain from a message of a third party about them. */
export function withoutUserInfoOf(texts: readonly (string | undefined)[], message: string): string {
	return texts
		.map((text = '') => userInfoIn(text))
		.filter((userInfo) => userInfo !== '')
		.reduce((shown, userInfo) => shown.replaceAll(userInfo, ''), message);
}

/** Finds possible user info in any text, including the `@`; empty if there is none. */
function userInfoIn(text: string): string {
	if (!text.includes('@')) {
		return '';
	}
	const at = SCHEME.exec(text)?.index;
	// Text before a scheme is not user info if it is a JSON key, or has no colon.
	if (at !== undefined && !/[:@]/.test(text.slice(0, at).replaceAll(/":\s*"/g, ''))) {
		return userInfoOf(text.slice(at));
	}
	const [found = ''] = /^[^@]*:[\s\S]*@/.exec(text) ?? /^[^\s@/]+@(?=[\w.-]+[:/])/.exec(text) ?? [];
	return found;
}

/** The same in a text that should be a URL. */
function userInfoOf(text: string): string {
	const scheme = SCHEME_AT_START.exec(text)?.[0] ?? '';
	if (/^https?:\/\/$/i.test(scheme) && URL.canParse(text) && !hasCutUserInfo(text)) {
		return USER_INFO.exec(text)?.[1] ?? '';
	}
	return text.slice(scheme.length, text.lastIndexOf('@') + 1);
}

const SIGNATURE =
	/([?&;#](?:[\w-]*(?:signature|token|secret|password|credential)|sig|api[_-]?key|key|policy|auth)=)[^&;#"'\s]+/gi;

/** Removes the signature from a URL before it is shown: a signed URL grants access. */
export function withoutSignature(url: string): string {
	return url.includes('=') ? url.replace(SIGNATURE, '$1…') : url;
}

/** Options of flagdl and of other clients whose values are secrets. */
const LONG_OPTION =
	'--[\\w-]*(?:auth|bearer|cookie|header|key|pass|passwd|password|secret|token|user)';
const EXPECTS_SECRET = new RegExp(`^(?:-[A-Za-z]*H|${LONG_OPTION})$`);
/** Switches of flagdl and curl that can precede an option in the same word: `-vume:password`. */
const SWITCHES = '[aegijkqsvJLRS]*';
const HOLDS_SECRET = new RegExp(
	`^(-${SWITCHES}H(?!$)|-${SWITCHES}[Uu](?=[^:]*:)|${LONG_OPTION}=)(?!@)[\\s\\S]+`,
);
/** In other programs it may be a switch, which is not followed by `user:password`. */
const EXPECTS_USER = /^-[A-Za-z]*[Uu]$/;

/** A command line without its secrets; `@file` is kept, as it only names a file. */
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

/** The command line of flagdl with these arguments, without secrets, ready to paste. */
export function commandLineWithoutSecrets(argv: readonly string[]): string {
	return ['flagdl', ...wordsWithoutSecrets(argv).map(shellWord)].join(' ');
}

const SECRET_VARIABLE = /^(\w*(?:AUTH|COOKIE|KEY|PASS|SECRET|TOKEN)\w*=)[\s\S]+/i;

/** A shell line without secrets, for display only. */
export function lineWithoutSecrets(line: string): string {
	return wordsWithoutSecrets(splitShellWords(line))
		.map((word) => word.replace(SECRET_VARIABLE, '$1…'))
		.join(' ');
}

const WORD_OF_SHELL = /(?:"(?:\\[\s\S]|[^"\\])*(?:"|$)|'[^']*(?:'|$)|\\[\s\S]|[^\s"'\\])+/g;

/** Splits a shell line into words, with their quotes. */
export function splitShellWords(line: string): readonly string[] {
	return line.match(WORD_OF_SHELL) ?? [];
}
