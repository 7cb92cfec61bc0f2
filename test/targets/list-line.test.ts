import { describe, expect, it } from 'vitest';
import { parseListLine } from '../../src/targets/list-line.ts';
import { UsageError } from '../../src/util/errors.ts';

const SHA = 'AB'.repeat(32);
const PLACE = { href: 'https://h/a', origin: 'https://h', path: '/a' };
const parse = (line: string) => parseListLine(line, 'list:1');

describe('parseListLine', () => {
	it.each(['', '   ', '\t\t', '# br', '  # br', '\r'])('has nothing to say of %j', (line) => {
		expect(parse(line)).toBeUndefined();
	});

	it.each([
		['br', { id: 'BR', isCode: true }],
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
		expect(parse(line)).toEqual({ ...entry, where: 'list:1' });
	});

	it.each([
		['brazil', 'found "brazil"; allowed: a country code (br), or a URL'],
		['b', 'found "b"'],
		['ftp://h/a', 'found "ftp://h/a"'],
		['https://h/a b.gif', 'found white space'],
		['https://h/\u0000', 'control character'],
		['br\ta\tb\tc', 'found 4 columns'],
		['br\t../x', 'found ".." in the destination "../x"'],
		['br\t/etc/passwd', 'found an empty name in the destination'],
		['br\ta//b', 'found an empty name'],
		['br\tC:\\x', 'found "C:\\\\x" in a destination'],
		['br\tnul.gif', '"_nul.gif" is'],
		['br\ta.', '"a" is'],
		[`br\t${'x'.repeat(300)}`, 'found a name of 300 bytes'],
		['br\t.flagdl-state.json', 'which flagdl itself needs'],
		['br\t\tabc', 'found "abc" as SHA-256; allowed: 64 hexadecimal digits'],
		['{"url": }', 'which is not JSON'],
		['{"dest": "a"}', 'found no as "url"; allowed: a string'],
		['{"url": 5}', 'found "5" as "url"'],
		['{"url": "br", "destination": "a"}', 'found the member "destination"; allowed: url, dest'],
		['{"url": "br", "__proto__": {}}', 'found the member "__proto__"'],
		['{"url": "br", "mirrors": "https://m"}', 'allowed: an array of URLs'],
		['{"url": "br", "mirrors": ["m"]}', 'allowed: a URL'],
	])('refuses %j', (line, message) => {
		expect(() => parse(line)).toThrow(UsageError);
		expect(() => parse(line)).toThrow(message);
	});
});
