import { describe, expect, it, vi } from 'vitest';
import { CookieJar, StoredCookies } from '../../../src/download/http/cookies.ts';

const FROM = 'https://www.example.org/a/b/c.gif';

/** The `Cookie` field for one URL, after another has set cookies. */
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
		['a Max-Age that begins like one', 'a=1; Max-Age=0x', 'a=1'],
		['a Max-Age that ends like one', 'a=1; Max-Age=x0', 'a=1'],
		['a Max-Age of several digits, all 0', 'a=1; Max-Age=00', ''],
		['a Domain of 1 KiB', `a=1; Domain=${'x'.repeat(1024)}`, ''],
		['a Domain of more, which is no longer one', `a=1; Domain=${'x'.repeat(1025)}`, 'a=1'],
		['a Max-Age and an Expires of more than 1 KiB', `a=1; Max-Age=${'0'.repeat(1025)}`, 'a=1'],
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
		// Without `Domain`: the host that set it, and no other.
		['', 'http://h.org/', 'http://h.org:81/x', true],
		['', 'http://h.org/', 'http://www.h.org/', false],
		['', 'http://www.h.org/', 'http://h.org/', false],
		// `Domain` must contain the host.
		['Domain=h.org', 'http://www.h.org/', 'http://cdn.h.org/', true],
		['Domain=.H.ORG', 'http://www.h.org/', 'http://h.org/', true],
		['Domain=h.org', 'http://www.h.org/', 'http://evilh.org/', false],
		['Domain=www.h.org', 'http://h.org/', 'http://www.h.org/', false],
		['Domain=other.org', 'http://h.org/', 'http://other.org/', false],
		['Domain=other.org', 'http://h.org/', 'http://h.org/', false],
		['Domain=', 'http://h.org/', 'http://www.h.org/', false],
		['Domain=.', 'http://h.org/', 'http://h.org/', true],
		['Domain=.', 'http://h.org/', 'http://www.h.org/', false],
		// A top-level domain or an address is no `Domain`.
		['Domain=org', 'http://h.org/', 'http://h.org/', false],
		['Domain=org', 'http://h.org/', 'http://other.org/', false],
		['Domain=org.', 'http://h.org./', 'http://other.org./', false],
		['Domain=localhost', 'http://localhost/', 'http://localhost/', true],
		['Domain=localhost', 'http://localhost/', 'http://a.localhost/', false],
		['Domain=0.0.1', 'http://127.0.0.1/', 'http://127.0.0.1/', false],
		['Domain=127.0.0.1', 'http://127.0.0.1/', 'http://127.0.0.1:81/', true],
		['', 'http://[::1]/', 'http://[::1]/', true],
		// `Secure`.
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
	const empty = jar.fingerprint;
	jar.store(new URL(FROM), ['a=secret']);
	const one = jar.fingerprint;
	jar.store(new URL(FROM), ['a=secret']);
	expect(jar.fingerprint).toBe(one);
	jar.store(new URL(FROM), ['a=other']);
	expect(jar.fingerprint).not.toBe(one);
	jar.store(new URL(FROM), ['a=; Max-Age=0']);
	expect(jar.fingerprint).toBe(empty);
	expect(one).not.toContain('secret');
});

it('the state of a jar does not depend on the order in which its cookies came', () => {
	const states = [
		['a=1', 'b=2'],
		['b=2', 'a=1'],
	].map((setCookies) => {
		const jar = new CookieJar();
		jar.store(new URL(FROM), setCookies);
		return jar.fingerprint;
	});

	expect(states[0]).toBe(states[1]);
	expect(new CookieJar().fingerprint).toBe('');
});

it('a cookie is sent until its time is over', () => {
	vi.useFakeTimers({ now: 1000, toFake: ['Date'] });
	try {
		const jar = new CookieJar();
		jar.store(new URL(FROM), ['a=1; Max-Age=2']);
		vi.setSystemTime(2999);
		expect(jar.fieldFor(FROM)).toBe('a=1');
		vi.setSystemTime(3000);
		expect(jar.fieldFor(FROM)).toBeUndefined();
	} finally {
		vi.useRealTimers();
	}
});

describe('cookies of the user', () => {
	const cookie = {
		name: 'a',
		value: '1',
		domain: 'h.org',
		includeSubdomains: false,
		path: '/',
		secure: false,
	};

	it.each<
		[
			what: string,
			change: Partial<typeof cookie> & { expiresMs?: number },
			to: string,
			field: string | undefined,
		]
	>([
		['of a host', {}, 'http://h.org/x', 'a=1'],
		['of a host', {}, 'http://www.h.org/x', undefined],
		['of a host', {}, 'http://org/', undefined],
		['of a domain', { includeSubdomains: true }, 'http://a.www.h.org/', 'a=1'],
		['of a domain', { includeSubdomains: true }, 'http://h.org/', 'a=1'],
		['of a domain', { includeSubdomains: true }, 'http://evilh.org/', undefined],
		[
			'of a top-level domain',
			{ includeSubdomains: true, domain: 'org' },
			'http://h.org/',
			undefined,
		],
		['of a top-level domain', { includeSubdomains: true, domain: 'org' }, 'http://org/', 'a=1'],
		['for https', { secure: true }, 'http://h.org/', undefined],
		['for https', { secure: true }, 'https://h.org/', 'a=1'],
		['of a path', { path: '/x' }, 'http://h.org/x/y', 'a=1'],
		['of a path', { path: '/x' }, 'http://h.org/y', undefined],
		['that has expired', { expiresMs: 1 }, 'http://h.org/', undefined],
		['that will expire', { expiresMs: 1e15 }, 'http://h.org/', 'a=1'],
	])('%s %j to %s: %j', (_, change, to, field) => {
		const stored = new StoredCookies([{ ...cookie, ...change }]);

		expect(stored.fieldFor(to)).toBe(field);
		expect(new CookieJar(stored).fieldFor(to)).toBe(field);
	});

	it('are all sent, the longest path first, and one of a chain hides its like', () => {
		const stored = new StoredCookies([
			cookie,
			{ ...cookie, name: 'b', path: '/x' },
			{ ...cookie, name: 'c', domain: 'www.h.org' },
			{ ...cookie, name: 'd', includeSubdomains: true },
			{ ...cookie, value: '2' },
		]);
		const jar = new CookieJar(stored);

		expect(stored.fieldFor('http://h.org/x')).toBe('b=1; a=2; d=1');
		expect(stored.fieldFor('http://www.h.org/x')).toBe('c=1; d=1');
		jar.store(new URL('http://h.org/'), ['e=1; Path=/', 'a=3; Path=/']);
		expect(jar.fieldFor('http://h.org/x')).toBe('b=1; a=3; d=1; e=1');
		jar.store(new URL('http://h.org/'), ['a=; Path=/; Max-Age=0']);
		expect(jar.fieldFor('http://h.org/x')).toBe('b=1; d=1; e=1');
		expect(new CookieJar(stored).fieldFor('http://h.org/x')).toBe('b=1; a=2; d=1');
	});
});
