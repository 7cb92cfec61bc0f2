import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { httpUrl, placeAsWritten, placeOf, readPlace } from '../../src/targets/url.ts';
import { UsageError } from '../../src/util/errors.ts';

describe('httpUrl', () => {
	it.each([
		['ftp://h/a', 'allowed: a URL that begins with http:// or https://'],
		['h/a', 'allowed: a URL that begins with http:// or https://'],
		['http://h:99999/a', 'an impossible port; allowed: a number from 1 to 65535'],
		['http://h:65536', 'an impossible port'],
		['http://h:0/a', 'an impossible port'],
		['https://u:p@[::1]:00/a', 'an impossible port'],
		['HTTPS://u:1@h:-1/a', 'an impossible port'],
		['http://[::1]:port/a', 'an impossible port'],
		['http://[fe80::1%25eth0]/a', 'a zone (%…) in its IPv6 address, which URLs cannot have'],
		['http://[fe80::1%eth0]:8000/a', 'a zone (%…) in its IPv6 address'],
		['http://u@[fe80::1%25eth0]/', 'a zone (%…) in its IPv6 address'],
		['http://a[%b/', 'an impossible host'],
		['http://a<b:65535/', 'an impossible host'],
		['http://[fe80::1::2]/', 'an impossible host'],
		['http://[::1/a', 'an impossible host'],
		['http://1.2.3.4.5/a', 'an impossible host'],
		['http://256.1.1.1:80/a', 'an impossible host'],
		['http://a<b/', 'an impossible host'],
		['http://', 'no host'],
		['http://?a', 'no host'],
		['http://a b/c', 'found white space'],
		['http://h/a\tb', 'found white space'],
		['http://u@h/a', 'found a user or password in the URL of h; give them with -H'],
		['http://:p@h/a', 'found a user or password in the URL of h; give them with -H'],
		['http://u:1?b@h/c', 'found an @ after the host of'],
		['http://u:p#w@h/c', 'found an @ after the host of'],
		['http://u:p/w@h/c', 'found an @ after the host of'],
		['http://u@v:1@h:8o/', 'an impossible port'],
	])('says of %j what is wrong: %s', (text, problem) => {
		expect(() => httpUrl(text)).toThrow(UsageError);
		expect(() => httpUrl(text)).toThrow(problem);
	});

	it('quotes what it has found, and says what is allowed', () => {
		expect(() => httpUrl('http://[fe80::1%25eth0]/a')).toThrow(
			'found "http://[fe80::1%25eth0]/a", with a zone (%…) in its IPv6 address, which URLs cannot have; allowed: the address without it, or a host name',
		);
		expect(() => httpUrl('http://a<b/')).toThrow(
			'found "http://a<b/", with an impossible host; allowed: a host name such as example.org, or an IP address, in brackets if it is IPv6',
		);
	});

	it('takes port 0 of this host alone, which stands for the bundled server', () => {
		expect(httpUrl('http://127.0.0.1:0/a').port).toBe('0');
		expect(() => httpUrl('http://127.0.0.2:0/a')).toThrow('an impossible port');
	});

	it.each(['http://h:65535/', 'http://[fe80::1]:8000/a', 'http://[::1]/%25eth0'])(
		'takes %s',
		(text) => {
			expect(httpUrl(text).href).toBe(text);
		},
	);

	it('drops the fragment, which is not sent', () => {
		expect(httpUrl('http://h/a?b#c').href).toBe('http://h/a?b');
		expect(httpUrl('http://h/a#').href).toBe('http://h/a#');
	});
});

const ORIGIN = 'http://example.org:8080';

/** Paths composed of pieces that parsers change, and some that they do not. */
const paths = fc
	.array(
		fc.oneof(
			fc.constantFrom('.', '..', '%2e', '%2E', '/', '//', '\\', '?', '??', '#', ':', '@', ';', "'"),
			fc.constantFrom('a', 'B7', '%20', '%zz', ' ', '\t', 'é', '{', '}', '^', '|', '`', '"', '<'),
			fc.string({ maxLength: 3 }),
		),
		{ maxLength: 8 },
	)
	.map((parts) => `/${parts.join('')}`);

describe('placeAsWritten', () => {
	it('says what a parser says, or nothing', () => {
		placeOf(new URL(ORIGIN));
		fc.assert(
			fc.property(paths, (path) => {
				const place = placeAsWritten(ORIGIN + path);
				if (place === undefined) {
					return;
				}
				const url = new URL(ORIGIN + path);
				expect(place).toEqual({
					href: url.href,
					origin: url.origin,
					path: url.pathname + url.search,
				});
			}),
			{ numRuns: 5000 },
		);
	});

	it.each(['/', '/a/b-c_d.gif', '/a%20b?q=1&r=/x', '/.well-known/a..b'])('knows %s', (path) => {
		placeOf(new URL(ORIGIN));

		expect(placeAsWritten(ORIGIN + path)).toEqual({ href: ORIGIN + path, origin: ORIGIN, path });
	});

	it.each([
		['another origin', 'http://example.org/a'],
		['a host that begins with one it knows', `${ORIGIN}0/a`],
		['a user', 'http://u:p@example.org:8080/a'],
		['the origin alone', ORIGIN],
		['an upper-case host', 'http://EXAMPLE.org:8080/a'],
	])('leaves %s to the parser', (_, text) => {
		placeOf(new URL(ORIGIN));

		expect(placeAsWritten(text)).toBeUndefined();
	});
});

describe('readPlace', () => {
	it('drops a fragment and resolves what has to be', () => {
		expect(readPlace('HTTP://Example.org:80/a/../b?c#d')).toEqual({
			href: 'http://example.org/b?c',
			origin: 'http://example.org',
			path: '/b?c',
		});
	});

	it.each(['ftp://h/a', 'nonsense', 'http://h/a b'])('refuses %s', (text) => {
		expect(() => readPlace(text)).toThrow(UsageError);
	});
});

describe('the first text', () => {
	it('is no URL by beginning with the sign of an origin that is not known yet', async () => {
		vi.resetModules();
		const fresh = await import('../../src/targets/url.ts');

		expect(fresh.placeAsWritten('\0/a')).toBeUndefined();
		expect(() => fresh.readPlace('\0/a')).toThrow('allowed: a URL that begins with http');
	});
});
