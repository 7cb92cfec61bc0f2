import { expect, it } from 'vitest';
import { type Codings, codingsOf, isCoded } from '../../../src/download/content/codings.ts';
import { HeaderFields } from '../../../src/download/http/header-fields.ts';
import type { HttpResponse } from '../../../src/download/http/response.ts';

interface Asked {
	/** Paths of the URLs of target and response. */
	readonly from?: string;
	readonly servedFrom?: string;
	readonly dest?: string;
	readonly raw?: boolean;
}

function read(transfer: string, content: string, asked: Asked = {}): Codings | string {
	const { from = 'x', servedFrom = from, dest = '/x', raw = false } = asked;
	const names = [
		['Transfer-Encoding', transfer],
		['Content-Encoding', content],
	].filter(([, value]) => value !== '');
	const fields = new HeaderFields(names.flat().map((text) => Buffer.from(text)));
	const target = { id: 'x', index: 0, url: `http://a/${from}`, dest };
	try {
		return codingsOf({ fields, url: `http://a/${servedFrom}` } as HttpResponse, target, dest, raw);
	} catch (error) {
		return `${(error as { code: string }).code}: ${(error as Error).message}`;
	}
}

const content = (value: string, asked?: Asked) => {
	const found = read('', value, asked);
	return typeof found === 'string' ? found : found.content;
};

it.each<[transfer: string, found: Codings['transfer'] | string]>([
	['', []],
	['chunked', []],
	['Chunked  ', []],
	['gzip, chunked', ['gzip']],
	['x-gzip  ,  Chunked ', ['gzip']],
	['gzip', ['gzip']],
	['gzip, deflate', ['deflate', 'gzip']],
	['gzip, gzip, gzip, chunked', 'unknown_coding: in 3 codings, allowed are 2'],
	...['br', 'gzip, br', 'chunked, gzip', 'xchunked', 'chunked x', 'gzip chunked'].map(
		(value): [string, string] => [
			value,
			`transfer_coding: sent with Transfer-Encoding: ${value}; only chunked, gzip and deflate can be undone`,
		],
	),
])('Transfer-Encoding %j is undone as %j', (transfer, found) => {
	const codings = read(transfer, '');

	expect(typeof codings === 'string' ? codings : codings.transfer).toEqual(found);
});

const unknown = (value: string) =>
	`unknown_coding: encoded as ${value}; gzip, deflate, br can be undone, and --raw keeps it as it is`;

it.each<[content: string, found: Codings['content'] | string]>([
	...['gzip', 'deflate', 'br', 'zstd'].map((name): [string, Codings['content']] => [
		name,
		[name as 'gzip'],
	]),
	[' X-GZIP ', ['gzip']],
	['deflate, gzip', ['gzip', 'deflate']],
	['gzip;q=1;\n x', ['gzip']],
	['"gzip"', ['gzip']],
	[' "gzip"  , br', ['br', 'gzip']],
	['gzip, gzip, br', 'unknown_coding: in 3 codings, allowed are 2'],
	// Codings that change nothing.
	...'identity none null raw plain text binary 7bit 8bit base64 quoted-printable chunked'
		.split(' ')
		.map((name): [string, Codings['content']] => [name, []]),
	...'aws-chunked amz-1.0 ascii us-ascii utf8 utf-8 utf-16le latin1 latin-1 iso-8859-15 iso8859-1'
		.split(' ')
		.map((name): [string, Codings['content']] => [name, []]),
	...['windows-1252', 'windows1252', 'cp437', 'cp-437', 'UTF-8', 'text/plain', ''].map(
		(name): [string, Codings['content']] => [name, []],
	),
	['identity, gzip', ['gzip']],
	['application/gzip', []],
	['gzip/x', []],
	['no/gzip/x', []],
	['a b', []],
	['a gzips b', []],
	// Unknown names that may be codings.
	...[
		'compress',
		'exi',
		'gzip2',
		'my-text',
		'text-1',
		'utf-',
		'iso-8859',
		'windows',
		'x-x-gzip',
	].map((name): [string, string] => [name, unknown(name)]),
	...[
		'gzip deflate',
		'a gzip',
		'gzip (1)',
		'br or not',
		'some zstd',
		'no compress',
		'(deflate)',
	].map((name): [string, string] => [name, unknown(name)]),
	['x"gzip"', unknown('x"gzip"')],
	['"gzip"x', unknown('"gzip"x')],
	['gzip, exi', unknown('gzip, exi')],
])('Content-Encoding %j is undone as %j', (value, found) => {
	expect(content(value)).toEqual(found);
});

it.each<[coding: string, name: string, isKept: boolean]>([
	...['gz', 'tgz', 'svgz', 'GZ'].map((end): [string, string, boolean] => ['gzip', end, true]),
	...['zip', 'gz.txt', 'xgz'].map((end): [string, string, boolean] => ['gzip', end, false]),
	['deflate', 'zz', true],
	['deflate', 'zz.a', false],
	['compress', 'Z', true],
	['bzip2', 'bz2', true],
	['bzip2', 'tbz', true],
	['bzip2', 'tbz2', true],
	['xz', 'xz', true],
	['xz', 'txz', true],
	['br', 'br', true],
	['br', 'br.a', false],
	['zstd', 'zst', true],
	['zstd', 'tzst', true],
	['zstd', 'zst.a', false],
])('%s of a file that ends in .%s is kept: %s', (coding, end, isKept) => {
	const name = end === 'xgz' ? end : `a.${end}`;
	for (const asked of [{ dest: `/${name}` }, { from: name }, { servedFrom: name }]) {
		expect(content(coding, asked)).toEqual(isKept ? [] : [coding]);
	}
	expect(content(`${coding}, br`, { from: name })).toEqual(
		coding === 'br' && isKept ? [] : expect.anything(),
	);
});

it.each(['.bz2.a', '.z.a', '.xz.a'])(
	'no unknown coding is kept of a file that ends in %s',
	(end) => {
		for (const coding of ['bzip2', 'compress', 'xz']) {
			expect(content(coding, { from: `a${end}` })).toBe(unknown(coding));
		}
	},
);

it('all of several codings must be those of the name, or all are undone', () => {
	expect(content('br, gzip', { from: 'a.gz' })).toEqual(['gzip', 'br']);
	expect(content('gzip, gzip', { from: 'a.gz' })).toEqual([]);
	expect(content('gzip', { from: 'a.gz?b.txt' })).toEqual([]);
	expect(content('gzip', { from: 'a?b.gz' })).toEqual(['gzip']);
});

it('content codings are kept with raw, and codings of both kinds are counted together', () => {
	expect(read('gzip, chunked', 'gzip', { raw: true })).toEqual({ transfer: ['gzip'], content: [] });
	expect(read('gzip', 'br')).toEqual({ transfer: ['gzip'], content: ['br'] });
	expect(read('gzip', 'br, gzip')).toBe('unknown_coding: in 3 codings, allowed are 2');
	expect(isCoded({ transfer: [], content: [] })).toBe(false);
	expect(isCoded({ transfer: ['gzip'], content: [] })).toBe(true);
	expect(isCoded({ transfer: [], content: ['br'] })).toBe(true);
});
