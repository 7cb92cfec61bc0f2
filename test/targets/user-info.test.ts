import { describe, expect, it } from 'vitest';
import { bookLayout, parseMirror, templateLayout } from '../../src/targets/flag-urls.ts';
import { parseListLine } from '../../src/targets/list/list-line.ts';
import { resolveTarget } from '../../src/targets/resolve-target.ts';
import { basicAuthorization, joinUserInfo, splitUserInfo } from '../../src/targets/url.ts';
import { quote } from '../../src/util/text.ts';

describe('splitUserInfo', () => {
	it.each([
		['http://u:p@h/a', 'http://h/a', { 'http://h': 'u:p' }],
		['HTTPS://u@h:444/a?b@c', 'HTTPS://h:444/a?b@c', { 'https://h:444': 'u:' }],
		['http://:p@h', 'http://h', { 'http://h': ':p' }],
		['http://u%40x:p%2Fq@h/', 'http://h/', { 'http://h': 'u%40x:p%2Fq' }],
		['http://u:p@q@h/', 'http://h/', { 'http://h': 'u:p%40q' }],
		['http://@h/', 'http://h/', undefined],
		['http://h/a@b', 'http://h/a@b', undefined],
		['http://h?a@b', 'http://h?a@b', undefined],
		['br', 'br', undefined],
	])('finds in %s', (text, url, credentials) => {
		expect(splitUserInfo(text)).toEqual({ url, ...(credentials && { credentials }) });
	});

	it.each(['http://u:p@h/a', 'https://u:@h:444/a?b@c', 'http://u%40x:p%2Fq@h/'])(
		'is undone by joinUserInfo: %s',
		(text) => {
			const { url, credentials } = splitUserInfo(text);

			expect(joinUserInfo(url, credentials)).toBe(text);
			expect(joinUserInfo(url)).toBe(url);
			expect(joinUserInfo('http://other/', credentials)).toBe('http://other/');
			expect(joinUserInfo('br', credentials)).toBe('br');
		},
	);

	it.each([
		[':', undefined],
		['user:p', 'user:p'],
		['user:', 'user:'],
		[':p', ':p'],
		['user', 'user:'],
		['user:p:q', 'user:p:q'],
		['u%40x:p%2Fq', 'u@x:p/q'],
		['%zz:100%', '%zz:100%'],
	])('%s is sent as the Basic credentials of %j', (userInfo, decoded) => {
		expect(basicAuthorization(userInfo)).toBe(
			decoded && `Basic ${Buffer.from(decoded).toString('base64')}`,
		);
	});
});

describe('credentials', () => {
	it('come from an entry, its mirrors, a server and all mirrors, and are in no URL', () => {
		const line =
			'{"url": "http://u:p@h/a.gif", "mirrors": ["http://v:q@m/a.gif", "http://n/a.gif"]}';
		const entry = parseListLine(line, 'list:1');
		const plan = {
			flags: bookLayout('http://x:y@flags/'),
			mirrors: [parseMirror('http://w:r@all'), parseMirror('http://other:s@m')],
			outputDir: '/out',
			withNames: false,
		};
		if (entry === undefined || 'problems' in entry) {
			expect.fail();
		}
		const target = resolveTarget(entry, 0, plan);

		expect(target.credentials).toEqual({
			'http://h': 'u:p',
			'http://m': 'v:q',
			'http://all': 'w:r',
		});
		const { credentials: _, ...shown } = target;
		expect(JSON.stringify(shown)).not.toContain('@');
		const flag = resolveTarget({ id: 'BR', isCode: true, where: 'BR' }, 0, plan);
		expect(flag.credentials).toMatchObject({ 'http://flags': 'x:y' });
	});

	it('come from a template', () => {
		const layout = templateLayout('https://u:p@h/{cc}.png');

		expect([layout.urlOf('BR'), layout.credentials]).toEqual([
			'https://h/br.png',
			{ 'https://h': 'u:p' },
		]);
	});

	it.each([
		['http://u:secret@h/a b', '"http://h/a b"'],
		['{"url": "http://u:secret@h/"', '"{\\"url\\": \\"http://h/\\""'],
	])('are not quoted: %s', (text, quoted) => {
		expect(quote(text)).toBe(quoted);
	});
});
