import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputTemplate } from '../../src/targets/output-template.ts';
import { placeOf } from '../../src/targets/url.ts';
import { UsageError } from '../../src/util/errors.ts';

const flag = {
	code: 'CI',
	place: placeOf(new URL('http://127.0.0.1:8000/flags/ci/ci.gif')),
	index: 0,
};
const file = { place: placeOf(new URL('https://example.org/a/b%20c/d.tar.gz?size=2')), index: 41 };

describe('outputTemplate', () => {
	it.each([
		['{cc}{ext}', 'ci.gif'],
		['{CC}-{index}{ext}', 'CI-1.gif'],
		['{name}{ext}', "Côte d'Ivoire.gif"],
		['by-host/{host}/{basename}', 'by-host/127.0.0.1/ci.gif'],
	])('%s puts a flag at %s', (template, path) => {
		expect(outputTemplate(template)(flag)).toBe(path);
	});

	it.each([
		['{basename}', 'd.tar.gz'],
		['{index}{ext}', '42.gz'],
		['{host}/{path}', 'example.org/a/b c/d.tar.gz'],
		['{stem}-{query}{ext}', 'd.tar-size=2.gz'],
		['{stem}-{hash}{ext}', 'd.tar-55e3a611.gz'],
	])('%s puts a URL at %s', (template, path) => {
		expect(outputTemplate(template)(file)).toBe(path);
	});

	it.each([
		['{basename}', 'https://h/a/nul.gif', '_nul.gif'],
		['{basename}', 'https://h/a/..%2f..%2fx', '.._.._x'],
		['{basename}', 'https://h/%1b%5B31m.gif', '[31m.gif'],
		['{basename}', 'https://h/%zz', '%zz'],
		['{basename}', 'https://h/a/', 'index.html'],
		['{query}', 'https://h/?a=..%2f..%2fx&b=/y', 'a=.._.._x&b=_y'],
		['{path}', 'https://h/%2e%2e%2f/b/%2e%2e/a', '.._/a'],
		['{host}/{path}', 'https://h/', 'h/index.html'],
		['{host}/{path}', 'https://h/a/?b', 'h/a/index.html'],
		['{host}', 'https://[::1]/a', '___1_'],
	])('makes %s of %s safe: %s', (template, url, path) => {
		expect(outputTemplate(template)({ place: placeOf(new URL(url)), index: 0 })).toBe(path);
	});

	it.each([
		['{query}', 'https://h/a', 'found nothing for {query}'],
		[
			'{query}',
			'https://h/a?',
			'found nothing for {query} in "https://h/a"; give it a destination, or another --output',
		],
		[
			'{cc}.gif',
			'https://h/a',
			'found {cc} for the URL "https://h/a"; allowed: fields of URLs, such as {basename}',
		],
		['{CC}', 'https://h/a', 'found {CC} for the URL'],
		['{name}', 'https://h/a', 'found {name} for the URL'],
		['{path}', 'https://h/%20', 'found nothing for {path} in "https://h/%20"'],
		['{basename}', 'https://h/..%20', 'found nothing for {basename}'],
		['{stem}', 'https://h/..%20', 'found nothing for {stem}'],
	])('refuses %s for %s', (template, url, message) => {
		const place = outputTemplate(template);

		expect(() => place({ place: placeOf(new URL(url)), index: 0 })).toThrow(UsageError);
		expect(() => place({ place: placeOf(new URL(url)), index: 0 })).toThrow(message);
	});

	it.each([
		[
			'../{basename}',
			"a path that leads out; allowed: a path below the output directory, which -d names: -d .. -o '{basename}'",
		],
		[
			'/tmp/{basename}',
			"an absolute path; allowed: a path below the output directory, which -d names: -d /tmp -o '{basename}'",
		],
		[
			'..',
			'a path that leads out; allowed: a path below the output directory, which -d names: -d ..',
		],
		[
			'C:\\x',
			"an absolute path; allowed: a path below the output directory, which -d names: -d 'C:\\' -o x",
		],
		['\\x', 'an absolute path'],
		['/', 'which -d names: -d /'],
		['/a/../', 'which -d names: -d /a/..'],
		[
			'{cc}/',
			'found "{cc}/", which is a directory; allowed: the path of a file: -o \'{cc}/{basename}\', or -d for the directory',
		],
		[
			'a//b',
			'found an empty name in "a//b"; allowed: a path below the output directory, such as {host}/{basename}',
		],
		['a/./b', 'found "." in "a/./b"; allowed'],
		['a/../b', 'found ".." in "a/../b"; allowed'],
		['{basename}/', 'which is a directory'],
		['', 'which is a directory'],
	])('refuses %j for all targets', (template, message) => {
		expect(() => outputTemplate(template)).toThrow(message);
	});

	it('has the hash of the URL, or of a code, whatever port its server has', () => {
		const hash = outputTemplate('{hash}');
		const place = placeOf(new URL('http://127.0.0.1:1/br.gif'));
		const other = placeOf(new URL('http://127.0.0.1:2/br.gif'));

		expect(hash({ place, index: 0 })).toMatch(/^[0-9a-f]{8}$/);
		expect(hash({ place, index: 0 })).not.toBe(hash({ place: other, index: 0 }));
		expect(hash({ code: 'BR', place, index: 0 })).toBe(
			hash({ code: 'BR', place: other, index: 0 }),
		);
	});

	it('cuts a stem to make room for what tells two URLs apart, in whole characters', () => {
		const name = outputTemplate('{stem}-{hash}{ext}');
		const nameOf = (url: string) => name({ place: placeOf(new URL(url)), index: 0 });

		for (const character of ['a', 'ü', '中', '🏳']) {
			const url = `https://h/${character.repeat(255)}.gif`;
			const [one, other] = [nameOf(`${url}?1`), nameOf(`${url}?2`)];
			expect(one).not.toBe(other);
			expect(one).toMatch(new RegExp(`^${character}+-[0-9a-f]{8}\\.gif$`, 'u'));
			expect(Buffer.byteLength(one)).toBeLessThanOrEqual(255);
			expect(Buffer.byteLength(one)).toBeGreaterThan(251);
		}
	});

	it('cuts the longer of stem and query first, and none that is a folder', () => {
		const nameOf = (template: string, url: string) =>
			outputTemplate(template)({ place: placeOf(new URL(url)), index: 0 });
		const long = 'b'.repeat(250);

		expect(nameOf('{query}{stem}', `https://h/a?${'b'.repeat(300)}`)).toBe(`${'b'.repeat(254)}a`);
		expect(nameOf('{stem}{ext}', `https://h/${'b'.repeat(251)}.gif?${long}`)).toBe(
			`${'b'.repeat(251)}.gif`,
		);
		expect(nameOf('stem-{stem}-{query}', `https://h/${long}?${'c'.repeat(240)}`)).toBe(
			`stem-${'b'.repeat(9)}-${'c'.repeat(240)}`,
		);
		expect(nameOf('{stem}/{stem}', `https://h/${long}cdefg`)).toBe(`${long}cdefg/${long}cdefg`);
		expect(nameOf('{stem}-{query}{ext}', `https://h/a.gif?${long}`)).toBe(
			`a-${'b'.repeat(249)}.gif`,
		);
		expect(nameOf('{stem}-{query}{ext}', `https://h/${long}.gif?q`)).toBe(
			`${'b'.repeat(249)}-q.gif`,
		);
		expect(nameOf('{query}/{stem}-{hash}{ext}', `https://h/${long}.gif?${long}c`)).toMatch(
			/^b{250}c\/b{242}-[0-9a-f]{8}\.gif$/,
		);
	});

	it('leaves no dot and no space at the end of what it cuts', () => {
		const name = outputTemplate('{stem}-{query}');
		const place = placeOf(new URL(`https://h/a?${'b'.repeat(250)}..%20.${'c'.repeat(30)}`));

		expect(name({ place, index: 0 })).toBe(`a-${'b'.repeat(250)}`);
	});

	it.each(['a//{basename}', 'a/../{basename}', 'a/./b', '../x', '/x', 'x/'])(
		'refuses %s for what it is, not for the first target',
		(template) => {
			expect(() => outputTemplate(template)).toThrow(UsageError);
		},
	);

	it('takes ./ at its beginning for nothing', () => {
		const file = { place: placeOf(new URL('https://h/a.gif')), index: 0 };

		expect(outputTemplate('./{basename}')(file)).toBe('a.gif');
		expect(outputTemplate('././b/{basename}')(file)).toBe('b/a.gif');
		expect(() => outputTemplate('./')).toThrow(UsageError);
		expect(() => outputTemplate('./../x')).toThrow(UsageError);
	});

	it('refuses a field that it does not know', () => {
		expect(() => outputTemplate('{code}.gif')).toThrow(
			'found {code} in "{code}.gif"; allowed: {cc}',
		);
		expect(() => outputTemplate('{code}.gif')).toThrow(
			'allowed: {cc} {CC} {name} {host} {path} {basename} {stem} {ext} {query} {hash} {index}; did you mean {cc}?',
		);
		expect(() => outputTemplate('{constructor}')).toThrow('found {constructor}');
	});

	it('never leads out of the output directory, whatever the URL', () => {
		const templates = ['{basename}', '{path}', '{host}/{path}', 'x{ext}', '{index}{basename}'];
		fc.assert(
			fc.property(
				fc.constantFrom(...templates),
				fc.webPath(),
				fc.string(),
				(template, path, text) => {
					const url = new URL(`https://h/${path}${encodeURIComponent(text)}`);
					try {
						const place = resolve(
							'/out',
							outputTemplate(template)({ place: placeOf(url), index: 0 }),
						);
						expect(place.startsWith('/out/')).toBe(true);
					} catch (error) {
						expect(error).toBeInstanceOf(UsageError);
					}
				},
			),
			{ numRuns: 1000 },
		);
	});
});
