import { describe, expect, it } from 'vitest';
import { httpUrl } from '../../src/targets/http-url.ts';
import { UsageError } from '../../src/util/usage-error.ts';

describe('httpUrl', () => {
	it.each([
		['ftp://h/a', 'allowed: a URL that begins with http:// or https://'],
		['h/a', 'allowed: a URL that begins with http:// or https://'],
		['http://h:99999/a', 'an impossible port; allowed: a number from 1 to 65535'],
		['http://h:65536', 'an impossible port'],
		['HTTPS://u:1@h:-1/a', 'an impossible port'],
		['http://[::1]:port/a', 'an impossible port'],
		['http://[fe80::1%25eth0]/a', 'a zone (%…) in its IPv6 address, which URLs cannot have'],
		['http://[fe80::1%eth0]:8000/a', 'a zone (%…) in its IPv6 address'],
		['http://[fe80::1::2]/', 'an impossible host'],
		['http://[::1/a', 'an impossible host'],
		['http://1.2.3.4.5/a', 'an impossible host'],
		['http://256.1.1.1:80/a', 'an impossible host'],
		['http://a<b/', 'an impossible host'],
		['http://xn--a/', 'an impossible host'],
		['http://', 'no host'],
		['http://?a', 'no host'],
		['http://a b/c', 'found white space'],
		['http://h/a\tb', 'found white space'],
	])('says of %j what is wrong: %s', (text, problem) => {
		expect(() => httpUrl(text)).toThrow(UsageError);
		expect(() => httpUrl(text)).toThrow(problem);
	});

	it.each(['http://h:65535/', 'http://[fe80::1]:8000/a', 'http://[::1]/%25eth0'])(
		'takes %s',
		(text) => {
			expect(httpUrl(text).href).toBe(text);
		},
	);
});
