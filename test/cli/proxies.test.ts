import { describe, expect, it } from 'vitest';
import { proxiesOf } from '../../src/cli/get/download-options.ts';

describe('proxiesOf', () => {
	it.each([
		[undefined, {}, undefined],
		[undefined, { http_proxy: '' }, undefined],
		[undefined, { HTTP_PROXY: 'http://a:1' }, { httpProxy: 'http://a:1' }],
		[
			undefined,
			{ HTTP_PROXY: 'http://a:1', http_proxy: 'http://b:1' },
			{ httpProxy: 'http://b:1' },
		],
		[undefined, { https_proxy: 'http://a:1' }, { httpsProxy: 'http://a:1' }],
		[
			undefined,
			{ ALL_PROXY: 'a:1', https_proxy: 'http://b:1', NO_PROXY: 'h' },
			{ httpProxy: 'http://a:1', httpsProxy: 'http://b:1', noProxy: 'h' },
		],
		[
			'http://u:p%40@a:1',
			{ http_proxy: 'http://b:1', no_proxy: 'h' },
			{ httpProxy: 'http://u:p%40@a:1', httpsProxy: 'http://u:p%40@a:1', noProxy: 'h' },
		],
		[
			undefined,
			{ all_proxy: 'socks5h://u:p@a', http_proxy: 'http://b:1' },
			{ httpProxy: 'http://b:1', httpsProxy: 'socks5h://u:p@a' },
		],
	])('of %s and %j are %j', (option, env, proxies) => {
		expect(proxiesOf(option, env)).toEqual(proxies);
	});

	it('never stand before the bundled server', () => {
		const env = { http_proxy: 'http://a:1', no_proxy: 'h' };

		expect(proxiesOf(undefined, env, '127.0.0.1:4000')?.noProxy).toBe('h,127.0.0.1:4000');
	});

	it.each([
		['16', {}, '--proxy: found "16"; allowed: the URL of a proxy; requests in flight at once'],
		['sock5://a:1', {}, '--proxy: found "sock5://a:1"; allowed: a proxy of HTTP or SOCKS 5'],
		['socks4://a:1', {}, '--proxy: found "socks4://a:1"; allowed: a proxy of HTTP or SOCKS 5'],
		[undefined, { all_proxy: 'socks://u:secret@a:1' }, 'all_proxy: found "socks://a:1"'],
		['socks5h://u:secr#t@a:1', {}, 'in a password write / as %2F, ? as %3F and # as %23'],
	])('of %s and %j are refused', (option, env, message) => {
		expect(() => proxiesOf(option, env)).toThrow(message);
	});
});
