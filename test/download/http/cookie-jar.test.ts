import { describe, expect, it } from 'vitest';
import { CookieJar } from '../../../src/download/http/cookie-jar.ts';

const FROM = 'https://www.example.org/a/b/c.gif';

/** What goes to one URL of what another has set. */
function sent(setCookies: readonly string[], to: string = FROM, from: string = FROM): string {
	const jar = new CookieJar();
	jar.store(new URL(from), setCookies);
	return jar.fieldFor(to) ?? '';
}

describe('a cookie', () => {
	it.each<[what: string, setCookie: string, cookie: string]>([
		['a pair', 'a=1', 'a=1'],
		['white space around', ' a = 1 ; Path = / ', 'a=1'],
		['quotes and equals signs', 'a="x=y"', 'a="x=y"'],
		['no value', 'a=', 'a='],
		['bytes of UTF-8, read as Latin-1', 'a=\xc3\xa9', 'a=\xc3\xa9'],
		['no name', '=1', ''],
		['no equals sign', 'a', ''],
		['nothing', '', ''],
		['a control character', 'a=\u0001', ''],
		['a Max-Age in the future', 'a=1; max-age=60', 'a=1'],
		['a Max-Age of 0', 'a=1; Max-Age=0', ''],
		['a negative Max-Age', 'a=1; Max-Age=-1', ''],
		['a Max-Age that is none', 'a=1; Max-Age=soon', 'a=1'],
		['Expires in the past', 'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', ''],
		['Expires in the past, with dashes', 'a=1; expires=Thu, 01-Jan-1970 00:00:00 GMT', ''],
		['Expires that is no date', 'a=1; Expires=never', 'a=1'],
		['Max-Age before Expires', 'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9', 'a=1'],
		['4 KiB', `a=${'x'.repeat(4095)}`, `a=${'x'.repeat(4095)}`],
		['more than 4 KiB', `a=${'x'.repeat(4096)}`, ''],
	])('with %s', (_what, setCookie, cookie) => {
		expect(sent([setCookie])).toBe(cookie);
	});

	it.each<[attributes: string, from: string, to: string, isSent: boolean]>([
		// The host that set it, and no other.
		['', 'http://h.org/', 'http://h.org:81/x', true],
		['', 'http://h.org/', 'http://www.h.org/', false],
		['', 'http://www.h.org/', 'http://h.org/', false],
		// A domain that the host is in.
		['Domain=h.org', 'http://www.h.org/', 'http://cdn.h.org/', true],
		['Domain=.H.ORG', 'http://www.h.org/', 'http://h.org/', true],
		['Domain=h.org', 'http://www.h.org/', 'http://evilh.org/', false],
		['Domain=www.h.org', 'http://h.org/', 'http://www.h.org/', false],
		['Domain=other.org', 'http://h.org/', 'http://other.org/', false],
		['Domain=other.org', 'http://h.org/', 'http://h.org/', false],
		['Domain=', 'http://h.org/', 'http://www.h.org/', false],
		['Domain=.', 'http://h.org/', 'http://h.org/', true],
		['Domain=.', 'http://h.org/', 'http://www.h.org/', false],
		// No top-level name, and no address.
		['Domain=org', 'http://h.org/', 'http://h.org/', false],
		['Domain=org', 'http://h.org/', 'http://other.org/', false],
		['Domain=org.', 'http://h.org./', 'http://other.org./', false],
		['Domain=localhost', 'http://localhost/', 'http://localhost/', true],
		['Domain=localhost', 'http://localhost/', 'http://a.localhost/', false],
		['Domain=0.0.1', 'http://127.0.0.1/', 'http://127.0.0.1/', false],
		['Domain=127.0.0.1', 'http://127.0.0.1/', 'http://127.0.0.1:81/', true],
		['', 'http://[::1]/', 'http://[::1]/', true],
		// Transport.
		['Secure', 'https://h.org/', 'https://h.org/', true],
		['Secure', 'https://h.org/', 'http://h.org/', false],
		// Paths.
		['', 'http://h.org/a/b', 'http://h.org/a/c', true],
		['', 'http://h.org/a/b', 'http://h.org/a', true],
		['', 'http://h.org/a/b', 'http://h.org/ab', false],
		['', 'http://h.org/a', 'http://h.org/b', true],
		['Path=/x', 'http://h.org/a', 'http://h.org/x/y', true],
		['Path=/x', 'http://h.org/a', 'http://h.org/xy', false],
		['Path=/x/', 'http://h.org/a', 'http://h.org/x', false],
		['Path=x', 'http://h.org/a/b', 'http://h.org/a/c', true],
		['Path=x', 'http://h.org/a/b', 'http://h.org/x', false],
	])('with %j of %s goes to %s: %s', (attributes, from, to, isSent) => {
		expect(sent([`a=1; ${attributes}`], to, from)).toBe(isSent ? 'a=1' : '');
	});
});

describe('several cookies', () => {
	it('go with the longest path first, then in the order in which they were set', () => {
		const set = ['a=1; Path=/', 'b=1; Path=/a', 'c=1; Path=/a/b', 'd=1; Path=/a'];
		expect(sent(set)).toBe('c=1; b=1; d=1; a=1');
	});

	it('of one name, domain and path are one: the last', () => {
		expect(sent(['a=1', 'b=1', 'a=2'])).toBe('a=2; b=1');
		expect(sent(['a=1; Path=/', 'a=2; Path=/a'])).toBe('a=2; a=1');
		expect(sent(['a=1', 'b=1', 'a=; Max-Age=0'])).toBe('b=1');
	});

	it('are fifty at most: the oldest goes', () => {
		const set = Array.from({ length: 51 }, (_, index) => `c${index}=1`);
		expect(sent(set).split('; ')).toEqual(set.slice(1));
	});
});

it('the state of a jar tells what is in it, and shows none of it', () => {
	const jar = new CookieJar();
	const empty = jar.state;
	jar.store(new URL(FROM), ['a=secret']);
	const one = jar.state;
	jar.store(new URL(FROM), ['a=secret']);
	expect(jar.state).toBe(one);
	jar.store(new URL(FROM), ['a=other']);
	expect(jar.state).not.toBe(one);
	jar.store(new URL(FROM), ['a=; Max-Age=0']);
	expect(jar.state).toBe(empty);
	expect(one).not.toContain('secret');
});
