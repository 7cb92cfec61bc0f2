import { describe, expect, it } from 'vitest';
import { parseListLine } from '../../src/targets/list/list-line.ts';

const SHA = 'AB'.repeat(32);
const PLACE = { href: 'https://h/a', origin: 'https://h', path: '/a' };
const parse = (line: string) => parseListLine(line, 'list:1');

describe('parseListLine', () => {
	it.each(['', '   ', '\t\t', '# br', '  # br', '\r'])('has nothing to say of %j', (line) => {
		expect(parse(line)).toBeUndefined();
	});

	it.each([
		['br', { id: 'BR', isCode: true }],
		['br   # Brazil', { id: 'BR', isCode: true }],
		[' br \t a b ', { id: 'BR', isCode: true, dest: 'a b' }],
		['br\t one #1.gif \t', { id: 'BR', isCode: true, dest: 'one #1.gif' }],
		['br\tone #1.gif', { id: 'BR', isCode: true, dest: 'one #1.gif' }],
		['{"url": "br", "mirrors": [], "headers": {}}', { id: 'BR', isCode: true, mirrors: [] }],
		['br # Brazil\tnot a destination', { id: 'BR', isCode: true }],
		['https://h/a#b', { id: 'https://h/a#b', isCode: false, place: PLACE }],
		[
			'https://h/a\teurope/fr.gif\r',
			{ id: 'https://h/a', isCode: false, place: PLACE, dest: 'europe/fr.gif' },
		],
		[`br\t\t${SHA}`, { id: 'BR', isCode: true, sha256: SHA.toLowerCase() }],
		['br\tone #1.gif\t# why', { id: 'BR', isCode: true, dest: 'one #1.gif' }],
		['br\tCo\u0302te.gif', { id: 'BR', isCode: true, dest: 'Côte.gif' }],
		['{"url": "br"}', { id: 'BR', isCode: true }],
		[
			`{"url": "https://h/a", "dest": "#1.gif", "sha256": "${SHA}", "mirrors": ["https://m/a"]}`,
			{
				id: 'https://h/a',
				isCode: false,
				place: PLACE,
				dest: '#1.gif',
				sha256: SHA.toLowerCase(),
				mirrors: ['https://m/a'],
			},
		],
	])('reads %j', (line, entry) => {
		expect(parse(line)).toStrictEqual({ ...entry, where: 'list:1' });
	});

	it('reads digests, as hexadecimal or as integrity, and header fields', () => {
		const hex = (digits: number) => 'ab'.repeat(digits / 2);
		const integrity = ['sha256', 'sha384'].map(
			(name, index) =>
				`${name}-${Buffer.from(hex([64, 96][index] ?? 0), 'hex').toString('base64')}?ct=a`,
		);

		expect(
			parse(
				JSON.stringify({
					headers: { 'X-One': '  1 ', __proto: 'x' },
					mirrors: ['http://u:p@m/'],
					url: 'http://v:q@h/a',
					sha512: hex(128).toUpperCase(),
					integrity: `sha1-x ${integrity.join(' ')}`,
				}),
			),
		).toMatchObject({
			id: 'http://h/a',
			sha384: hex(96),
			sha512: hex(128),
			headers: { 'x-one': '1', __proto: 'x' },
			credentials: { 'http://h': 'v:q', 'http://m': 'u:p' },
		});
	});

	it('tells all that is wrong with a line, and no secret of it', () => {
		expect(parse('secret:x@y\t../x\tsecret')).toEqual({
			where: 'list:1',
			problems: [
				expect.stringContaining('allowed: a country code'),
				expect.stringContaining('found ".."'),
				expect.stringContaining('found 6 characters as SHA-256'),
			],
		});
		const json = parse(
			'{"headers": {"a": "secret\\u0000"}, "sha256": "secret", "url": "http://x:secret@", "mirror": 1}',
		);
		expect(json).toMatchObject({ problems: { length: 4 } });
		expect(JSON.stringify(json)).not.toContain('secret');
	});

	it.each([
		['brazil', 'found "brazil"; allowed: a country code (br), or a URL'],
		['b', 'found "b"'],
		['ftp://h/a', 'found "ftp://h/a"'],
		['https://h/a b.gif', 'found white space'],
		['https://h/\u0000', 'control character'],
		[
			'br\ta\tb\tc',
			'found 4 columns; allowed: a code or URL, a destination, a SHA-256; or a first line that names the columns',
		],
		['br\t../x', 'found ".." in the destination "../x"'],
		['br\t/etc/passwd', 'found the absolute path "/etc/passwd" as destination'],
		['br\ta//b', 'found an empty name'],
		['br\tC:\\x', 'found the absolute path "C:\\\\x"'],
		['br\tnul.gif', '"_nul.gif" is'],
		['br\ta.', '"a" is'],
		[`br\t${'x'.repeat(300)}`, 'found a name of 300 bytes'],
		['br\t.flagdl-state.json', 'which flagdl itself needs'],
		['br\t\tabc', 'found 3 characters as SHA-256; allowed: 64 hexadecimal digits'],
		[
			'{"url": }',
			'found a line that begins with { and which is not JSON; allowed: one object on one line, such as {"url": "https://example.org/a.gif"}',
		],
		[`br\t\t${'z'.repeat(64)}`, 'found 64 characters that are not all hexadecimal as SHA-256'],
		['{"dest": "a"}', 'found no "url"; allowed: a string'],
		['{"url": 5}', 'found "5" as "url"'],
		['{"url": "br", "destination": "a"}', 'found the member "destination"; allowed: url, dest'],
		['{"url": "br", "sha265": "a"}', '; did you mean sha256?'],
		[
			`{"url": "br", "sha512": "${SHA}"}`,
			'allowed: 128 hexadecimal digits; 64 digits are a SHA-256',
		],
		['{"url": "br", "integrity": "md5-abc"}', 'found only sha1 or md5 as integrity'],
		['{"url": "br", "integrity": "sha256-abc"}', 'found 2 bytes after sha256- as integrity'],
		['{"url": "br", "integrity": ""}', 'found no digest as integrity'],
		[
			`{"url": "br", "sha256": "${SHA}", "integrity": "sha256-${'A'.repeat(43)}="}`,
			'in integrity; drop the wrong one',
		],
		[
			`{"url": "br", "integrity": "sha256-${'A'.repeat(43)}=", "sha256": "${SHA}"}`,
			`found the SHA-256 ${'0'.repeat(64)}, but ${SHA.toLowerCase()} in sha256; drop the wrong one`,
		],
		[
			`{"url": "br", "integrity": "sha512-${'A'.repeat(86)}==", "sha512": "${SHA}${SHA}"}`,
			'in sha512; drop the wrong one',
		],
		['{"url": "br", "headers": ["a: b"]}', 'as "headers"; allowed: an object of texts'],
		[
			'{"url": "br", "headers": null}',
			'found "null" as "headers"; allowed: an object of texts, such as {"Accept": "image/png"}',
		],
		['{"url": "br", "headers": "a: b"}', 'as "headers"; allowed: an object of texts'],
		['{"url": "br", "headers": 5}', 'found "5" as "headers"'],
		[
			'{"url": "br", "mirrors": ["https://m", 5, "secret"]}',
			'found "[\\"…\\",5,\\"…\\"]" as "mirrors"; allowed: an array of URLs',
		],
		['{"url": "br", "dest": 1}', 'found "1" as "dest"; allowed: a string'],
		['{"url": "br", "sha256": 1}', 'found "1" as "sha256"'],
		['{"url": "br", "sha512": null}', 'found "null" as "sha512"'],
		['{"url": "br", "integrity": []}', 'found "[]" as "integrity"'],
		['{"url": "br", "headers": {"a": 1}}', 'found "1" as "headers.a"'],
		['{"url": "br", "headers": {"Range": "x"}}', 'Range, which flagdl sets itself'],
		['{"url": "br", "headers": {"Proxy-Authorization": "x"}}', 'which is for the proxy'],
		['{"url": "br", "headers": {"A": "x", "a": "y"}}', 'found the header field a twice'],
		['{"url": "br", "headers": {"a b: secret": "x"}}', 'found no name of a header field'],
		['{"url": "br", "headers": {"a": "x\\r\\nb: y"}}', 'found a line break in the value of'],
		['{"url": "br", "headers": {"a": "\u0142"}}', 'found a character that no field can have'],
		['{"url": "br", "__proto__": {}}', 'found the member "__proto__"'],
		['{"url": "br", "mirrors": "https://m"}', 'allowed: an array of URLs'],
		['{"url": "br", "mirrors": ["m"]}', 'allowed: a URL'],
	])('refuses %j', (line, message) => {
		expect(parse(line)).toEqual({
			where: 'list:1',
			problems: [expect.stringContaining(message)],
		});
	});
});
