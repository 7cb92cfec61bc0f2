import { describe, expect, it } from 'vitest';
import { bookLayout, templateLayout } from '../../src/targets/flag-urls.ts';

describe('bookLayout', () => {
	it.each([
		['http://127.0.0.1:8000/flags', 'http://127.0.0.1:8000/flags/br/br.gif'],
		['http://127.0.0.1:8000/flags/', 'http://127.0.0.1:8000/flags/br/br.gif'],
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
		['{cc}.png', 'allowed: a URL that begins with http'],
	])('refuses %s', (template, message) => {
		expect(() => templateLayout(template)).toThrow(message);
	});
});
