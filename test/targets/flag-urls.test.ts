import { describe, expect, it } from 'vitest';
import { bookLayout, parseMirror, templateLayout } from '../../src/targets/flag-urls.ts';

describe('bookLayout', () => {
	it.each([
		['http://127.0.0.1:8000/flags', 'http://127.0.0.1:8000/flags/br/br.gif'],
		['http://127.0.0.1:8000/flags/', 'http://127.0.0.1:8000/flags/br/br.gif'],
		['http://127.0.0.1:8000//a///', 'http://127.0.0.1:8000//a/br/br.gif'],
		['http://127.0.0.1:8000', 'http://127.0.0.1:8000/flags/br/br.gif'],
		['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/flags/br/br.gif'],
		[
			'https://www.fluentpython.com/data/flags',
			'https://www.fluentpython.com/data/flags/br/br.gif',
		],
		['http://[::1]:8000', 'http://[::1]:8000/flags/br/br.gif'],
	])('%s has the flag of Brazil at %s', (server, url) => {
		expect(bookLayout(server).urlOf('BR')).toBe(url);
	});

	it('has metadata beside the flag', () => {
		expect(bookLayout('http://h').metadataUrlOf?.('BR')).toBe('http://h/flags/br/metadata.json');
	});

	it('refuses a query with the way out', () => {
		expect(() => bookLayout('http://h/flags?a=1')).toThrow(
			/^found a query in "http:\/\/h\/flags\?a=1"; allowed: a base such as http:\/\/127\.0\.0\.1:8000\/flags, or a --template$/,
		);
	});

	it.each(['localhost:8000', 'ftp://h/flags', 'LOCALL', 'http://', 'http://h/flags?a=1'])(
		'refuses %s',
		(server) => {
			expect(() => bookLayout(server)).toThrow(/^found .*; (allowed|give)/);
		},
	);
});

describe('templateLayout', () => {
	it.each([
		['https://h/{cc}.png', 'https://h/ci.png'],
		['https://h/{CC}/{cc}', 'https://h/CI/ci'],
		['https://h/{name}.svg', "https://h/C%C3%B4te%20d'Ivoire.svg"],
	])('%s gives %s', (template, url) => {
		expect(templateLayout(template).urlOf('CI')).toBe(url);
	});

	it.each([
		['https://h/flag.png', 'no placeholder'],
		['https://h/{code}.png', '{code}; allowed: {cc}, {CC}, {name}'],
		[
			'https://h/flag.png',
			'found no placeholder in "https://h/flag.png"; allowed: {cc}, {CC}, {name}',
		],
		['https://h/{iso}.png', 'did you mean {cc}?'],
		['https://h/{}{cc}', 'found {}; allowed'],
		['https://h:{cc}/', 'an impossible port'],
		['https://{name}/{cc}{x y}', 'found {x y}'],
		['{cc}.png', 'found "{cc}.png"; allowed: a URL that begins with http'],
		['https://h/#{cc}', 'no placeholder'],
	])('refuses %s', (template, message) => {
		expect(() => templateLayout(template)).toThrow(message);
	});
});

describe('a mirror', () => {
	const place = { href: 'http://h/a?b', origin: 'http://h', path: '/a?b' };

	it.each([
		['http://m', 'http://m/flags/br/br.gif', 'http://m/a?b'],
		['http://m/x//', 'http://m/x/br/br.gif', 'http://m/x/a?b'],
	])('%s has flags at %s and other files at %s', (given, flag, file) => {
		const mirror = parseMirror(given);

		expect([mirror.urlOfCode('BR'), mirror.urlOfUrl(place)]).toEqual([flag, file]);
		expect(mirror).not.toHaveProperty('credentials');
	});

	it('may be a template of flags, and has no other files then', () => {
		const mirror = parseMirror('http://u:p@m/{cc}/{CC}.png');

		expect(mirror.urlOfCode('BR')).toBe('http://m/br/BR.png');
		expect(mirror.credentials).toEqual({ 'http://m': 'u:p' });
		expect(() => mirror.urlOfUrl(place)).toThrow(
			'found the URL "http://h/a?b" with a mirror that is a template; allowed: codes, or a base as mirror',
		);
	});

	it('is refused once, not for each code', () => {
		expect(() => parseMirror('http://m/{code}.png')).toThrow(
			'found {code}; allowed: {cc}, {CC}, {name}; did you mean {cc}?',
		);
	});
});
