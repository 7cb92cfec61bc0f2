import { describe, expect, it } from 'vitest';
import { Session } from '../../../src/download/http/session.ts';
import type { Login } from '../../../src/download/options.ts';
import { placeOf } from '../../../src/targets/url.ts';

const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;
const at = (url: string) => placeOf(new URL(url));

const OWN: Login = { user: 'own', password: 'o' };
const SECOND: Login = { user: 'second', password: 's' };
const forHost = (host: string, user = 'host'): Login => ({ host, user, password: 'h' });

describe('the login that a host is told', () => {
	it.each<
		[name: string, logins: Login[], isListed: boolean, given: string | undefined, to: string]
	>([
		['without any', [], true, undefined, ''],
		['of its URL, if there is no other', [], true, 'a%40b:c%3Ad', 'a@b:c:d'],
		['of an empty user, that is given as such', [], true, ':', ''],
		['for every host of the list', [OWN], true, undefined, 'own:o'],
		['for every host of the list, elsewhere', [OWN], false, undefined, ''],
		['of the URL, which has a password', [OWN], true, 'a:b', 'a:b'],
		['of the URL, which has a password alone', [OWN], true, ':b', ':b'],
		['of the user whom the URL names', [OWN, SECOND], true, 'second:', 'second:s'],
		[
			'of the user whom the URL names, percent-encoded',
			[OWN, SECOND],
			true,
			'%73econd',
			'second:s',
		],
		['of the URL, whose user has no other', [OWN], true, 'third:', 'third:'],
		['of the first of two', [OWN, SECOND], true, ':', 'own:o'],
		['for this host, before all others', [OWN, forHost('h.org')], true, undefined, 'host:h'],
		['for this host, even if it is not listed', [forHost('h.org')], false, undefined, 'host:h'],
		['for another host', [forHost('i.org')], true, undefined, ''],
		['for another host, before one for every host', [forHost('i.org'), OWN], true, '', 'own:o'],
		['for this host, as it may be written', [forHost('H.ORG')], true, undefined, 'host:h'],
	])('is the one %s', (_name, logins, isListed, given, expected) => {
		const found = new Session({ logins }).authorizationOf(at('http://h.org/x'), isListed, given);

		expect(found).toBe(expected === '' ? undefined : basic(expected));
	});

	it.each([
		['[::1]', 'http://[::1]:8080/'],
		['::1', 'http://[::1]/'],
		['Bücher.example', 'http://xn--bcher-kva.example/'],
		['xn--bcher-kva.example', 'http://bücher.example/'],
	])('is for %s wherever that host is meant: %s', (host, url) => {
		const session = new Session({ logins: [forHost(host)] });

		expect(session.authorizationOf(at(url), false, undefined)).toBe(basic('host:h'));
		expect(session.authorizationOf(at('http://[::2]/'), false, undefined)).toBeUndefined();
	});

	it.each(['x[::1]', '[::1]x'])('is for no host if its own is none: %s', (host) => {
		const session = new Session({ logins: [forHost(host)] });

		expect(session.authorizationOf(at('http://[::1]/'), false, undefined)).toBeUndefined();
	});
});

it('has no cookies if none were brought', () => {
	const cookie = { name: 'a', value: 'b', domain: 'h.org', path: '/' };
	const cookies = [{ ...cookie, includeSubdomains: false, secure: false }];

	expect(new Session({ cookies: [] }).cookies).toBeUndefined();
	expect(new Session({}).cookies).toBeUndefined();
	expect(new Session({ cookies }).cookies?.fieldFor('http://h.org/')).toBe('a=b');
});
