import { describe, expect, it } from 'vitest';
import type { ResponseHead } from '../../../src/download/http/exchange.ts';
import { HeaderFields } from '../../../src/download/http/header-fields.ts';
import { extraFields, isRedirect, RedirectChain } from '../../../src/download/http/redirect.ts';
import { Session } from '../../../src/download/http/session.ts';
import type { Target } from '../../../src/targets/target.ts';
import { placeOf } from '../../../src/targets/url.ts';

const placeAt = (url: string) => placeOf(new URL(url));

function chainFrom(
	url: string,
	more: Partial<Target> = {},
	options: { insecure?: boolean; logins?: readonly { user: string; password: string }[] } = {},
): RedirectChain {
	const target: Target = { id: 'a', index: 0, url, dest: 'a', ...more };
	const session = new Session({ logins: options.logins ?? [] });
	return new RedirectChain(target, placeAt(url), session, { insecure: options.insecure ?? false });
}

/** The result of following one redirect from this URL. */
function hop(from: string, location: string | undefined, more: Partial<Target> = {}) {
	return chainFrom(from, more).follow(placeAt(from), location, []);
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a redirect', () => {
	const answer = (status: number, ...raw: string[]) =>
		({ status, fields: new HeaderFields(raw.map((text) => Buffer.from(text))) }) as ResponseHead;

	it('has one of five statuses, or is a choice with a preference', () => {
		const statuses = Array.from({ length: 400 }, (_, index) => 200 + index);
		const redirects = statuses.filter((status) => isRedirect(answer(status)));

		expect(redirects).toEqual([301, 302, 303, 307, 308]);
		expect(isRedirect(answer(300, 'Location', '/a'))).toBe(true);
		expect(isRedirect(answer(304, 'Location', '/a'))).toBe(false);
	});
});

describe('the next URL of a chain', () => {
	it.each([
		['/b', 'http://h.org/b'],
		['b', 'http://h.org/a/b'],
		['?q', 'http://h.org/a/x?q'],
		['//i.org/b', 'http://i.org/b'],
		['https://i.org:8443/b', 'https://i.org:8443/b'],
		['/caf\xc3\xa9', 'http://h.org/caf%C3%A9'],
		['/caf\xe9', 'http://h.org/caf%C3%A9'],
		['http://u:p@h.org/b', 'http://h.org/b'],
		['', 'http://h.org/a/x'],
	])('is for %j %s', (location, url) => {
		const from = 'http://h.org/a/x';
		const chain = chainFrom('http://h.org/first');

		expect(chain.follow(placeAt(from), location, []).url.href).toBe(url);
	});

	it.each<[location: string | undefined, code: string, message: string]>([
		[undefined, 'bad_redirect', 'a redirect to nowhere: no Location'],
		['http://[/', 'bad_redirect', 'a redirect to http://[/, which is no URL'],
		['ftp://h.org/', 'bad_redirect', 'a redirect to ftp: is not followed'],
		['file:///etc/passwd', 'bad_redirect', 'a redirect to file: is not followed'],
		['/a', 'redirect_loop', 'http://h.org/a leads back to http://h.org/a'],
	])('is none for %j: %s', (location, code, message) => {
		let error: unknown;
		try {
			hop('http://h.org/a', location);
		} catch (thrown) {
			error = thrown;
		}

		expect(error).toMatchObject({ code });
		expect(String(error)).toContain(message);
	});

	it('is the twentieth at most', () => {
		const chain = chainFrom('http://h.org/0');
		for (let index = 0; index < 20; index += 1) {
			chain.follow(placeAt(`http://h.org/${index}`), `/${index + 1}`, []);
		}

		expect(() => chain.follow(placeAt('http://h.org/20'), '/21', [])).toThrow(
			expect.objectContaining({
				code: 'too_many_redirects',
				message: expect.stringContaining('more than 20 redirects') as string,
			}),
		);
	});

	it('is not http after https, unless something else tells that the file is right', () => {
		const down =
			(more: Partial<Target>, insecure = false) =>
			() =>
				chainFrom('https://h.org/a', more, { insecure }).follow(
					placeAt('https://h.org/a'),
					'http://h.org/a',
					[],
				);
		const message =
			'a redirect from https, allowed with a digest of the file or --insecure, to http://h.org/a';

		expect(down({})).toThrow(message);
		expect(down({})).toThrow(expect.objectContaining({ code: 'insecure_redirect' }));
		expect(down({ sha256: '0'.repeat(64) })).not.toThrow();
		expect(down({}, true)).not.toThrow();
		expect(() => hop('http://h.org/a', 'http://h.org/b')).not.toThrow();
		expect(() => hop('https://h.org/a', 'https://h.org/b')).not.toThrow();
	});
});

describe('what goes to the next URL', () => {
	it('is a cookie that was set on the way, and the same URL with it is no loop', () => {
		const chain = chainFrom('http://h.org/a');

		const next = chain.follow(placeAt('http://h.org/a'), '/a', ['c=1']);

		expect(next.cookie).toBe('c=1');
		expect(() => chain.follow(placeAt('http://h.org/a'), '/a', [])).toThrow('leads back');
	});

	it('are a user and password that a redirect brings, for their origin', () => {
		const chain = chainFrom('http://h.org/a');
		const one = chain.follow(placeAt('http://h.org/a'), 'http://us%20er:p@i.org/b', []);
		const two = chain.follow(one.url, '/c', []);
		const three = chain.follow(two.url, 'http://h.org/d', []);
		const four = chain.follow(three.url, 'http://u@h.org/e', []);
		const five = chain.follow(four.url, 'http://:p@j.org/f', []);

		expect([one, two, three, four, five].map(({ authorization }) => authorization)).toEqual([
			basic('us er:p'),
			basic('us er:p'),
			undefined,
			basic('u:'),
			basic(':p'),
		]);
		expect([one, four, five].map(({ url }) => url.href)).toEqual([
			'http://i.org/b',
			'http://h.org/e',
			'http://j.org/f',
		]);
	});

	it('are credentials of the target before those of a redirect', () => {
		const more = { credentials: { 'http://i.org': 'own:1' } };

		expect(hop('http://h.org/a', 'http://u:p@i.org/b', more).authorization).toBe(basic('own:1'));
	});

	it('is a login without host for the origins of the list alone', () => {
		const naming = { metadataUrl: 'http://meta.org/m' } as NonNullable<Target['naming']>;
		const login = { user: 'u', password: 'p' };
		const more = { mirrors: ['http://mirror.org/a', 'no URL'], naming };
		const chain = chainFrom('http://h.org/a', more, { logins: [login] });
		const from = placeAt('http://h.org/a');

		const hops = ['h.org', 'mirror.org', 'meta.org', 'other.org'].map((host) =>
			chain.follow(from, `http://${host}/b`, []),
		);

		expect(hops.map(({ isListed }) => isListed)).toEqual([true, true, true, false]);
		expect(hops.map(({ authorization }) => authorization)).toEqual([
			...Array<string>(3).fill(basic('u:p')),
			undefined,
		]);
	});

	it('are the fields of the list at its own origin, and the conditions at their own URL', () => {
		const headers = { 'x-a': '1' };
		const target: Target = { id: 'a', index: 0, url: 'http://h.org/a', dest: 'a', headers };
		const fields = { 'if-none-match': '"e"' };
		const condition = { url: 'http://h.org/a', fields };
		const at = (url: string, given?: typeof condition) => extraFields(target, placeAt(url), given);

		expect(at('http://h.org/a', condition)).toEqual({ ...headers, ...fields });
		expect(at('http://h.org/b', condition)).toEqual(headers);
		expect(at('http://h.org/a')).toEqual(headers);
		expect(at('http://i.org/a', condition)).toBeUndefined();
		expect(at('http://i.org/a', { ...condition, url: 'http://i.org/a' })).toEqual(fields);
		const { headers: _, ...bare } = target;
		expect(extraFields(bare, placeAt('http://h.org/a'), condition)).toEqual(fields);
	});
});
