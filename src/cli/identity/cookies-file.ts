import { resolve } from 'node:path';
import type { StoredCookie } from '../../download/options.ts';
import { Problems, UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import { codePointName } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import { readOptionFile } from '../options/option.ts';

/** Limit on name and value together, as in browsers. */
const COOKIE_MAX_BYTES = 4096;
const MAX_SECONDS = 8_640_000_000_000;

/**
 * Reads `--cookies`: a file in Netscape format, as exported by browser extensions and written by curl. The file
 * is never modified.
 *
 * @param file - As given.
 * @param nowMs - Cookies that have expired by then are left out.
 * @throws {UsageError} If it cannot be read; lists every invalid line without quoting it.
 */
export function readCookies(file: string, cwd: string, nowMs: number = Date.now()): StoredCookie[] {
	const text = readOptionFile('--cookies', resolve(cwd, file), file);
	if (/^\s*[[{]/.test(text)) {
		throw new UsageError(
			`--cookies: ${explainInput(`JSON in ${file}`, `Netscape's format (cookies.txt), which exporters of cookies have, too`)}`,
		);
	}
	const problems = new Problems();
	const cookies: StoredCookie[] = [];
	for (const [index, line] of text.split(/\r?\n/).entries()) {
		const read = parseLine(line);
		if (typeof read === 'string') {
			problems.add(`--cookies: ${file}:${index + 1}`, read);
		} else if (read !== undefined && !(read.expiresMs !== undefined && read.expiresMs <= nowMs)) {
			cookies.push(read);
		}
	}
	problems.throwIfAny();
	return cookies;
}

const FIELDS = 'domain, TRUE or FALSE, path, TRUE or FALSE, expiry, name, value';

/** @returns The cookie, the problem with the line, or undefined for a comment. */
function parseLine(line: string): StoredCookie | string | undefined {
	const [, httpOnly, rest = ''] = /^(#HttpOnly_)?(.*)$/is.exec(line) ?? [];
	if (rest.trim() === '' || (httpOnly === undefined && rest.startsWith('#'))) {
		return undefined;
	}
	const fields = rest.split('\t');
	// curl itself omits an empty value.
	if (fields.length !== 7 && fields.length !== 6) {
		const found = plural(fields.length, 'field');
		return explainInput(found, `7 with a TAB between them: ${FIELDS}`);
	}
	const [givenDomain = '', subdomains = '', path = '', secure = '', expiry = ''] = fields;
	// Header fields are bytes on the wire; undici sends one byte per character.
	const [name = '', value = ''] = fields
		.slice(5)
		.map((text) => Buffer.from(text.trim(), 'utf8').toString('latin1'));
	const domain = givenDomain.replace(/^\./, '').toLowerCase();
	const expirySeconds = /^-?\d{1,16}(?:\.\d*)?$/.test(expiry) ? Number(expiry) : Number.NaN;
	const problem =
		problemWithScope(domain, path, [subdomains, secure], expirySeconds) ??
		problemWithPair(name, value);
	if (problem !== undefined) {
		return problem;
	}
	return {
		name,
		value,
		domain,
		path,
		includeSubdomains: isTrue(subdomains),
		secure: isTrue(secure),
		// 0 marks a session cookie.
		...(expirySeconds !== 0 && { expiresMs: Math.min(expirySeconds, MAX_SECONDS) * 1000 }),
	};
}

function isTrue(flag: string): boolean {
	return flag.toUpperCase() === 'TRUE';
}

function problemWithScope(
	domain: string,
	path: string,
	flags: readonly string[],
	expirySeconds: number,
): string | undefined {
	if (!/^[\w.\-[\]:\u0080-\uffff]+$/.test(domain)) {
		return explainInput('no domain in field 1', 'a host name such as example.org');
	}
	if (!flags.every((flag) => /^(?:true|false)$/i.test(flag))) {
		return explainInput('another word in field 2 or 4', 'TRUE or FALSE');
	}
	if (!path.startsWith('/')) {
		return explainInput('no path in field 3', 'one that begins with /');
	}
	return Number.isNaN(expirySeconds)
		? explainInput('no time in field 5', 'seconds since 1970; 0 for a cookie of the session')
		: undefined;
}

function problemWithPair(name: string, value: string): string | undefined {
	if (name === '') {
		return explainInput('no name in field 6', 'the name of a cookie');
	}
	if (name.length + value.length > COOKIE_MAX_BYTES) {
		const allowed = `${COOKIE_MAX_BYTES}`;
		return explainInput(`more than ${allowed} bytes of name and value`, allowed);
	}
	const [found] = /[;=]/.exec(name) ?? /;|[^\u0020-\u007e\u0080-\u00ff]/.exec(name + value) ?? [];
	return found === undefined
		? undefined
		: explainInput(`${codePointName(found)} in name or value`, 'characters that a cookie can have');
}
