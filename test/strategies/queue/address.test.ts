import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { nameOf } from '../../../src/strategies/queue/options.ts';

describe('parseRedisUrl', () => {
	it.each([
		['redis://h', { host: 'h', port: 6379, tls: false, database: 0 }],
		['redis://h:7000/3', { host: 'h', port: 7000, tls: false, database: 3 }],
		['rediss://h/', { host: 'h', port: 6379, tls: true, database: 0 }],
		['redis://[::1]:7000', { host: '::1', port: 7000, tls: false, database: 0 }],
		[
			'redis://me:p%40ss@h',
			{ host: 'h', port: 6379, tls: false, database: 0, username: 'me', password: 'p@ss' },
		],
		['redis://:pass@h', { host: 'h', port: 6379, tls: false, database: 0, password: 'pass' }],
	])('reads %s', (url, address) => {
		expect(parseRedisUrl(url)).toEqual(address);
	});

	it('takes user and password of the environment where the URL has none', () => {
		const credentials = { username: 'env', password: 'secret' };
		expect(parseRedisUrl('redis://h', credentials)).toMatchObject(credentials);
		expect(parseRedisUrl('redis://me:mine@h', credentials)).toMatchObject({
			username: 'me',
			password: 'mine',
		});
	});

	it.each([
		['localhost:6379', 'found no scheme; allowed: redis://'],
		['http://h', 'found the scheme "http:"'],
		['redis://', 'found no host'],
		['redis://h/one', 'found the database "/one"'],
		['redis://:hush@h:port', 'found no URL'],
	])('refuses %s', (url, message) => {
		expect(() => parseRedisUrl(url)).toThrow(message);
		expect(() => parseRedisUrl(url)).not.toThrow('hush');
	});

	it('has a name without secrets', () => {
		expect(nameOf(parseRedisUrl('rediss://me:hush@h:1/2'))).toBe('rediss://h:1');
		expect(nameOf(parseRedisUrl('redis://[::1]'))).toBe('redis://[::1]:6379');
	});
});
