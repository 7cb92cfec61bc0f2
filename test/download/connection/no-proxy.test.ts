import { describe, expect, it } from 'vitest';
import { parseNoProxy, readProxies } from '../../../src/download/connection/proxy.ts';

describe('parseNoProxy', () => {
	it.each([
		['example.org', 'http://example.org/', true],
		['example.org', 'https://www.example.org:8443/', true],
		['example.org', 'http://badexample.org/', false],
		['example.org', 'http://example.org.evil/', false],
		['.example.org', 'http://www.example.org/', true],
		['.example.org', 'http://example.org/', true],
		['*.example.org', 'http://a.b.example.org/', true],
		['EXAMPLE.org', 'http://Example.ORG/', true],
		['example.org.', 'http://example.org/', true],
		['example.org', 'http://example.org./', true],
		['example.org:8080', 'http://example.org:8080/', true],
		['example.org:8080', 'http://example.org/', false],
		['example.org:80', 'http://example.org/', true],
		['example.org:443', 'https://example.org/', true],
		['*', 'http://anything/', true],
		['a, b\tc  d', 'http://d/', true],
		['a,*', 'http://d/', true],
		['', 'http://a/', false],
		['127.0.0.1', 'http://127.0.0.1:3000/', true],
		['127.0.0.1', 'http://1.127.0.0.1.nip.io/', false],
		['0.0.1', 'http://127.0.0.1/', false],
		['::1', 'http://[::1]:3000/', true],
		['[::1]', 'http://[::1]/', true],
		['[::1]:3000', 'http://[::1]:3000/', true],
		['[::1]:3000', 'http://[::1]:3001/', false],
		['10.0.0.0/8', 'http://10.1.2.3/', true],
		['10.0.0.0/8', 'http://11.1.2.3/', false],
		['10.0.0.0/8', 'http://ten.example/', false],
		['fd00::/8', 'http://[fd12::1]/', true],
		['fd00::/8', 'http://[fe80::1]/', false],
		['10.0.0.0/8', 'http://10.example/', false],
		['0.0.0.0/0', 'http://example.org/', false],
		['x.example.org:80', 'http://example.org/', false],
		['example.org:80x', 'http://example.org/', false],
		['[::1]', 'http://[::2]/', false],
		['/8', 'http://8/', false],
		[' , example.org , ', 'http://example.org/', true],
		[' , ', 'http://a/', false],
		[',', 'http://stryker/', false],
		['nonsense/8', 'http://nonsense/', false],
		['10.0.0.0/99', 'http://10.0.0.0/', false],
	])('%j and %s', (list, url, direct) => {
		expect(parseNoProxy(list)(new URL(url))).toBe(direct);
	});
});

describe('a proxy', () => {
	const [http, https] = [new URL('http://example.org/'), new URL('https://example.org/')];

	it('is that of the scheme of a URL', () => {
		const both = readProxies({ httpProxy: 'http://a:3128', httpsProxy: 'http://b/' });
		const [one, other] = [{ httpProxy: 'http://a' }, { httpsProxy: 'http://b' }].map((given) =>
			readProxies(given),
		);

		expect([both.none, one?.none, other?.none, readProxies().none]).toEqual([
			...[false, false, false, true],
		]);
		expect([both.of(http), both.of(https)]).toStrictEqual([
			{ origin: 'http://a:3128', host: 'a:3128' },
			{ origin: 'http://b', host: 'b' },
		]);
		expect([one?.of(https), other?.of(http), readProxies().of(http)]).toEqual([
			...[undefined, undefined, undefined],
		]);
	});

	it('is not asked for what no_proxy names', () => {
		const proxies = readProxies({ httpProxy: 'http://a', noProxy: 'example.org' });

		expect(proxies.none).toBe(false);
		expect(proxies.of(http)).toBeUndefined();
		expect(proxies.of(new URL('http://b/'))?.host).toBe('a');
	});

	it.each<[httpProxy: string, given: string | undefined, authorization: string | undefined]>([
		['http://a', undefined, undefined],
		['http://u:p@a', undefined, `Basic ${btoa('u:p')}`],
		['http://u%40:%3ap@a', undefined, `Basic ${btoa('u@::p')}`],
		['http://u@a', undefined, `Basic ${btoa('u:')}`],
		['http://a', 'Bearer x', 'Bearer x'],
		['http://u:p@a', 'Bearer x', 'Bearer x'],
	])('%s is given the login of its URL, or %s', (httpProxy, given, authorization) => {
		expect(readProxies({ httpProxy }, given).of(http)).toStrictEqual({
			origin: 'http://a',
			host: 'a',
			...(authorization !== undefined && { authorization }),
		});
	});

	it.each<[httpProxy: string, host: string, socks: object]>([
		['socks5://a', 'a:1080', { resolves: 'here' }],
		['socks5h://a:1081', 'a:1081', { resolves: 'proxy' }],
		['SOCKS5H://a:1081', 'a:1081', { resolves: 'proxy' }],
		['socks5://[::1]:9', '[::1]:9', { resolves: 'here' }],
		['socks5://u:p%40@a', 'a:1080', { resolves: 'here', login: { user: 'u', password: 'p@' } }],
		['socks5://u%3a@a', 'a:1080', { resolves: 'here', login: { user: 'u:', password: '' } }],
	])('of SOCKS is read from %s', (httpProxy, host, socks) => {
		const proxy = readProxies({ httpProxy }, 'Bearer x').of(http);

		expect(proxy).toStrictEqual({ origin: `http://${host}`, host, socks });
	});

	it('whose name begins with that of SOCKS is none of SOCKS', () => {
		const proxy = readProxies({ httpProxy: 'http://u:socks5@a/socks5:' }).of(http);

		expect(proxy).toMatchObject({ origin: 'http://a' });
	});
});
