import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Part, Version } from '../../src/download/disk/kept-parts.ts';
import { HeaderFields } from '../../src/download/http/header-fields.ts';
import type { HttpResponse } from '../../src/download/http/response.ts';
import {
	checkCompleteLength,
	refuseIncomplete,
	resumedPart,
	versionOf,
} from '../../src/download/resume.ts';

const HREF = 'http://a/x.bin';
const target = { id: 'x', index: 0, url: HREF, dest: '/x.bin' };
const NOON = 'Mon, 23 Nov 2026 12:00:00 GMT';
const LATER = 'Mon, 23 Nov 2026 12:00:01 GMT';
const digestOf = (text: string) =>
	`sha-256=:${createHash('sha256').update(text).digest('base64')}:`;

/** `undefined` omits a field, a list sends several fields of that name. */
type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

const response = (status: number, fields: Fields, url = HREF): HttpResponse => {
	const raw = Object.entries(fields).flatMap(([name, values = []]) =>
		[values].flat().flatMap((value) => [Buffer.from(name), Buffer.from(value)]),
	);
	const exchange = { isWhole: false, bytes: 0 };
	return { status, url, fields: new HeaderFields(raw), exchange } as unknown as HttpResponse;
};

type Known = { readonly [Key in keyof Version]?: Version[Key] | undefined };

/** A part; `undefined` removes a member of its version. */
function part(version: Known = {}): Part {
	const usual = { servedUrl: HREF, validator: '"v1"', etag: '"v1"', completeBytes: 100 };
	const known = Object.entries({ ...usual, ...version }).filter(([, value]) => value !== undefined);
	return { bytes: 40, version: Object.fromEntries(known) } as unknown as Part;
}

describe('what a part is known by', () => {
	it.each<[name: string, fields: Fields, version: Known | undefined]>([
		['nothing', {}, undefined],
		['a strong ETag', { etag: '"v1"' }, { etag: '"v1"', validator: '"v1"' }],
		['no weak ETag', { etag: 'W/"v1"' }, undefined],
		['no ETag without quotation marks', { etag: 'v1' }, undefined],
		['no ETag with one of them', { etag: '"v1' }, undefined],
		['no ETag with something behind it', { etag: '"v1"x' }, undefined],
		['no empty ETag', { etag: '""' }, undefined],
		['no two ETags', { etag: ['"v1"', '"v1"'] }, undefined],
		['no date beside a weak ETag', { etag: 'W/"v1"', ...dates(NOON, LATER) }, undefined],
		[
			'a date a second before that of the response',
			dates(NOON, LATER),
			{ validator: NOON, lastModified: NOON },
		],
		['no date of the same second', dates(NOON, NOON), undefined],
		['no date without that of the response', dates(NOON, undefined), undefined],
		['no date that is none', dates('yesterday', LATER), undefined],
		['no date of the response alone', dates(undefined, LATER), undefined],
		[
			'all that the response says',
			{
				etag: '"v1"',
				'last-modified': NOON,
				'content-length': '100',
				'content-encoding': 'gzip',
				'repr-digest': digestOf('x'),
			},
			{
				etag: '"v1"',
				validator: '"v1"',
				lastModified: NOON,
				completeBytes: 100,
				contentEncoding: 'gzip',
				reprDigest: digestOf('x'),
			},
		],
		[
			'no length that is no number',
			{ etag: '"v1"', 'content-length': '100 bytes' },
			{ etag: '"v1"', validator: '"v1"' },
		],
		[
			'no length with a sign',
			{ etag: '"v1"', 'content-length': '+100' },
			{ etag: '"v1"', validator: '"v1"' },
		],
	])('is %s', (_name, fields, version) => {
		expect(versionOf(response(200, fields))).toStrictEqual(
			version && { servedUrl: HREF, ...version },
		);
	});
});

function dates(lastModified: string | undefined, date: string | undefined): Fields {
	return { 'last-modified': lastModified, date };
}

describe('a rest is joined to its part', () => {
	const REST = { etag: '"v1"', 'content-range': 'bytes 40-99/100' };
	const ofDate = { etag: undefined, validator: NOON, lastModified: NOON };

	it.each<[name: string, fields: Fields, version?: Known]>([
		['of the same version', {}],
		['with its length', { 'content-length': '60' }],
		['whose complete length is not told, but known', { 'content-range': 'bytes 40-99/*' }],
		['whose complete length was not known', {}, { completeBytes: undefined }],
		['in capitals', { 'content-range': 'BYTES 40-99/100' }],
		['with the same date beside the tag', { 'last-modified': NOON }, { lastModified: NOON }],
		['with a date that the beginning did not have', { 'last-modified': NOON }],
		['of the same date', { etag: undefined, 'last-modified': NOON }, ofDate],
		['without the date again, of the same length', { etag: undefined }, ofDate],
		['in the same coding', { 'content-encoding': 'gzip' }, { contentEncoding: 'gzip' }],
		['that does not repeat its coding', {}, { contentEncoding: 'gzip' }],
		['of the same digest', { 'repr-digest': digestOf('x') }, { reprDigest: digestOf('x') }],
		['with a digest that the beginning did not have', { 'repr-digest': digestOf('x') }],
		['without the digest again', {}, { reprDigest: digestOf('x') }],
		['of the type multipart/byterangesque', { 'content-type': 'multipart/byterangesque' }],
		['of the type x-multipart/byteranges', { 'content-type': 'x-multipart/byteranges' }],
	])('%s', (_name, fields, version) => {
		const joined = resumedPart(part(version), response(206, { ...REST, ...fields }));

		expect(joined).toMatchObject({ bytes: 40, version: { completeBytes: 100, validator: /./ } });
	});

	it.each<[name: string, fields: Fields, version?: Known]>([
		['without a range', { 'content-range': undefined }],
		['with two ranges', { 'content-range': ['bytes 40-99/100', 'bytes 40-99/100'] }],
		['that begins before its end', { 'content-range': 'bytes 39-99/100' }],
		['that begins behind its end', { 'content-range': 'bytes 41-99/100' }],
		['that ends too early', { 'content-range': 'bytes 40-98/100' }],
		['that ends behind its end', { 'content-range': 'bytes 40-100/100' }],
		['of another complete length', { 'content-range': 'bytes 40-100/101' }],
		['that ends before it begins', { 'content-range': 'bytes 40-39/40' }],
		['without a byte', { 'content-range': 'bytes 40-39/40' }, { completeBytes: undefined }],
		['in another unit', { 'content-range': 'lines 40-99/100' }],
		['in a unit that ends so', { 'content-range': 'xbytes 40-99/100' }],
		['with something behind the range', { 'content-range': 'bytes 40-99/100x' }],
		['with numbers too long', { 'content-range': 'bytes 40-99/0000000000000100' }],
		[
			'whose complete length neither says',
			{ 'content-range': 'bytes 40-99/*' },
			{ completeBytes: undefined },
		],
		['whose length is another', { 'content-length': '59' }],
		['in several parts', { 'content-type': 'multipart/byteranges; boundary=x' }],
		['in several parts, in capitals', { 'content-type': 'MULTIPART/BYTERANGES' }],
		['of another tag', { etag: '"v2"' }],
		['without its tag', { etag: undefined }],
		['with two tags', { etag: ['"v1"', '"v1"'] }],
		['with a tag that the beginning did not have', { 'last-modified': NOON }, ofDate],
		['of another date', { 'last-modified': LATER }, { lastModified: NOON }],
		['of another date, without a tag', { etag: undefined, 'last-modified': LATER }, ofDate],
		[
			'without the date again, of a length that was not known',
			{ etag: undefined },
			{ ...ofDate, completeBytes: undefined },
		],
		[
			'without the date again, whose complete length is not told',
			{ etag: undefined, 'content-range': 'bytes 40-99/*' },
			ofDate,
		],
		['in another coding', { 'content-encoding': 'br' }, { contentEncoding: 'gzip' }],
		['in a coding that the beginning did not have', { 'content-encoding': 'gzip' }],
		[
			'that does not repeat its coding, of a length that was not known',
			{},
			{ contentEncoding: 'gzip', completeBytes: undefined },
		],
		[
			'that repeats neither its coding nor its complete length',
			{ 'content-range': 'bytes 40-99/*' },
			{ contentEncoding: 'gzip' },
		],
		['of another digest', { 'repr-digest': digestOf('y') }, { reprDigest: digestOf('x') }],
		['of another URL', {}, { servedUrl: 'http://b/x.bin' }],
	])('but not %s', (_name, fields, version) => {
		expect(resumedPart(part(version), response(206, { ...REST, ...fields }))).toBeUndefined();
	});
});

it('a rest of one byte is joined to its part', () => {
	const last = { ...part(), bytes: 99 };
	const fields = { etag: '"v1"', 'content-range': 'bytes 99-99/100' };

	expect(resumedPart(last, response(206, fields))).toEqual(last);
});

describe('a response that is not all of the file', () => {
	const RANGE = { 'content-range': 'bytes 0-99/100', 'content-length': '100' };
	const NO_RANGE = 'asked for no range, got ';
	const NOT_COMPARED = '304 Not Modified, though nothing was asked to be compared';
	const SAME_VERSION = 'asked for bytes from 40 of the same version, got ';

	it.each<[status: number, fields: Fields]>([
		[200, {}],
		[200, RANGE],
		[206, RANGE],
		[206, { 'content-range': 'bytes 0-99/100' }],
		[203, {}],
	])('is none of status %i with %j', (status, fields) => {
		refuseIncomplete(response(status, fields), target, undefined);
	});

	it.each<[fields: Fields, version?: Known]>([
		[{}],
		[{ 'content-length': '100', etag: '"v1"' }],
		[{ 'content-length': '99' }],
		[{ 'content-length': '99', etag: '"v2"' }],
		[{ 'content-length': '60' }, { completeBytes: undefined }],
		[{ 'content-length': '40', etag: '"v1"' }, { completeBytes: undefined }],
		[
			{ 'content-length': '99', etag: '"v1"' },
			{ etag: undefined, validator: NOON },
		],
		[{ 'content-length': '99', 'last-modified': NOON }],
		[{ etag: '"v1"' }],
	])('is none, instead of a rest, with %j', (fields, version = {}) => {
		refuseIncomplete(response(200, fields), target, part(version));
	});

	it.each<[status: number, fields: Fields, part: Part | undefined, code: string, message: string]>([
		[206, {}, undefined, 'bad_range', `${NO_RANGE}206 with Content-Range: none`],
		[416, {}, undefined, 'bad_range', `${NO_RANGE}416 with Content-Range: none`],
		[304, {}, undefined, 'http_304', NOT_COMPARED],
		[304, {}, part(), 'bad_range', `${SAME_VERSION}304 with Content-Range: none`],
		[206, {}, part(), 'bad_range', `${SAME_VERSION}206 with Content-Range: none`],
		[416, {}, part(), 'bad_range', `${SAME_VERSION}416 with Content-Range: none`],
		[200, RANGE, part(), 'bad_range', `${SAME_VERSION}200 with Content-Range: bytes 0-99/100`],
		[203, RANGE, undefined, 'bad_range', `${NO_RANGE}203 with Content-Range: bytes 0-99/100`],
		...(
			[
				[{ 'content-length': '60' }, part(), 60],
				[{ 'content-length': '99', etag: '"v1"' }, part(), 99],
				[{ 'content-length': '101', etag: '"v1"' }, part(), 101],
				[{ 'content-length': '39', etag: '"v1"' }, part({ completeBytes: undefined }), 39],
				[
					...[{ 'content-length': '99', 'last-modified': NOON }],
					...[part({ etag: undefined, validator: NOON }), 99],
				],
			] as [Fields, Part, number][]
		).map(([fields, before, bytes]): [number, Fields, Part, string, string] => [
			...([200, fields, before, 'bad_range'] as const),
			`${SAME_VERSION}200 with Content-Range: none and ${bytes} bytes`,
		]),
	])('of status %i with %j is refused', (status, fields, before, code, message) => {
		const refuse = () => refuseIncomplete(response(status, fields), target, before);

		expect(refuse).toThrow(expect.objectContaining({ code, message, target }));
	});

	it('is told by its bytes, too, if it did not announce them', () => {
		refuseIncomplete(response(200, {}), target, part(), 99);
		expect(() => refuseIncomplete(response(200, {}), target, part(), 60)).toThrow('and 60 bytes');
	});

	it('is told by a range of all bytes, if as many have come', () => {
		const all = response(206, { 'content-range': 'bytes 0-99/100' });

		refuseIncomplete(all, target, undefined, 100);
		expect(() => refuseIncomplete(all, target, undefined, 99)).toThrow(NO_RANGE);
	});

	it.each<Fields>([
		{ 'content-range': 'bytes 1-99/100', 'content-length': '100' },
		{ 'content-range': 'bytes 0-98/100', 'content-length': '100' },
		{ 'content-range': 'bytes 0-99/*', 'content-length': '100' },
		{ 'content-range': 'bytes 0-99/100', 'content-length': '99' },
		{ ...RANGE, 'content-type': 'multipart/byteranges' },
		{ ...RANGE, 'content-range': 'nonsense' },
	])('is told by a range beside 200 that is not that of all bytes: %j', (fields) => {
		expect(() => refuseIncomplete(response(200, fields), target, undefined)).toThrow(NO_RANGE);
	});
});

describe('the length of a file with its part from before', () => {
	it('is that which was announced', () => {
		checkCompleteLength(100, part(), target);
		checkCompleteLength(7, undefined, target);
		expect(() => checkCompleteLength(99, part(), target)).toThrow(
			expect.objectContaining({
				code: 'length_mismatch',
				message: '99 bytes with the part from before, announced were 100',
			}),
		);
	});
});
