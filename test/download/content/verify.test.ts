import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BufferedContent, StreamedContent } from '../../../src/download/content/content.ts';
import { HEAD_BYTES, imageFormatOf } from '../../../src/download/content/image-format.ts';
import {
	algorithmsOf,
	type ContentChecks,
	contentChecks,
	needsDigest,
	verify,
	type WantedFile,
} from '../../../src/download/content/verify.ts';
import { HeaderFields } from '../../../src/download/http/header-fields.ts';
import type { HttpResponse } from '../../../src/download/http/response.ts';
import type { Target } from '../../../src/targets/target.ts';
import { placeOf } from '../../../src/targets/url.ts';
import { GIF } from '../../helpers/hold-server.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

type Fields = Readonly<Record<string, string>>;

interface Given extends Partial<Target> {
	readonly status?: number;
	readonly isUpdate?: boolean;
	readonly askedAt?: string;
	readonly maxFilesizeBytes?: number;
	readonly contentCheck?: boolean;
}

function checksOf(dest: string, fields: Fields, given: Given = {}): ContentChecks {
	const { status = 200, isUpdate = false, askedAt, maxFilesizeBytes, ...rest } = given;
	const { contentCheck = true, ...more } = rest;
	const raw = Object.entries(fields)
		.flat()
		.map((text) => Buffer.from(text));
	const response = { status, url: 'http://a/x', fields: new HeaderFields(raw) } as HttpResponse;
	const target = { id: 'x', index: 0, url: 'http://a/x', dest, ...more };
	const url = askedAt === undefined ? {} : { url: placeOf(new URL(askedAt)) };
	const file: WantedFile = { target, dest, isUpdate, ...url };
	const limit = maxFilesizeBytes === undefined ? {} : { maxFilesizeBytes };
	return contentChecks(response, file, { contentCheck, raw: false, ...limit });
}

/** @returns Code and message; `undefined` if the content is valid. */
function wrongWith(check: () => unknown): [code: unknown, message: unknown] | undefined {
	try {
		check();
		return undefined;
	} catch (error) {
		const { code, message } = error as { code: string; message: string };
		return [code, message];
	}
}

const verified = (checks: ContentChecks, content: string | Buffer) =>
	wrongWith(() => verify(checks, new BufferedContent(Buffer.from(content as string))));
const LENGTH = { 'content-length': '10' };
const digestOf = (algorithm: string, text: string) => createHash(algorithm).update(text);
const hex = (algorithm: string, text: string) => digestOf(algorithm, text).digest('hex');
const reprDigest = (text: string) => ({
	'repr-digest': `sha-256=:${digestOf('sha256', text).digest('base64')}:`,
});

describe('the header of a response', () => {
	it.each<[dest: string, fields: Fields, given: Given, wrong: [string, string] | undefined]>([
		['/x', {}, { status: 204 }, ['empty_body', '204: an answer without content']],
		['/x', {}, { status: 205 }, ['empty_body', '205: an answer without content']],
		['/x', {}, { status: 203 }, undefined],
		[
			...(['/x.gif', { 'content-type': 'Text/HTML ; charset=x' }, {}] as const),
			['content_type', 'the server says text/html, the name says image/gif'],
		],
		['/x.gif', { 'content-type': 'text/html' }, { contentCheck: false }, undefined],
		['/x', { 'content-type': 'text/html' }, {}, undefined],
		['/x.gif', { 'content-type': 'image/png' }, {}, undefined],
		['/x.gif', { 'content-type': ' ' }, {}, undefined],
		['/x.gif', { 'content-type': ';x' }, {}, undefined],
		['/x.gif', { 'content-type': 'text/plain' }, {}, undefined],
		['/x.gif', { 'content-type': 'application/octet-stream;a=b' }, {}, undefined],
		['/x.svg', { 'content-type': 'text/xml' }, {}, undefined],
		[
			...(['/x.gif', { 'content-type': 'text/xml' }, {}] as const),
			['content_type', 'the server says text/xml, the name says image/gif'],
		],
		['/x', LENGTH, { maxFilesizeBytes: 10 }, undefined],
		['/x', LENGTH, { maxFilesizeBytes: 9 }, ['too_large', '10 bytes or more, allowed are 9']],
		['/x', { ...LENGTH, 'content-encoding': 'br' }, { maxFilesizeBytes: 9 }, undefined],
		['/x', {}, { maxFilesizeBytes: 0 }, undefined],
	])('for %s with %j and %j is wrong: %j', (dest, fields, given, wrong) => {
		expect(wrongWith(() => checksOf(dest, fields, given))).toEqual(wrong);
	});

	it.each<[fields: Fields, isCloseDelimited: boolean, isLengthZero: boolean]>([
		[{}, true, false],
		[LENGTH, false, false],
		[{ 'content-length': '0' }, false, true],
		[{ 'transfer-encoding': 'chunked' }, false, false],
		[{ 'content-encoding': 'gzip' }, false, false],
	])('with %j says that only the connection ends it: %s, that it is empty: %s', (...row) => {
		const [fields, isCloseDelimited, isLengthZero] = row;

		expect(checksOf('/x', fields)).toMatchObject({ isCloseDelimited, isLengthZero });
	});

	it.each<[dest: string, fields: Fields, given: Given, image: ContentChecks['image']]>([
		['/x', {}, {}, undefined],
		['/x', { 'content-type': 'image/avif' }, {}, { mediaType: 'image/avif' }],
		['/x', { 'content-type': 'image/avif' }, { contentCheck: false }, undefined],
		['/x.avif', {}, {}, { mediaType: undefined }],
		['/x', {}, { askedAt: 'http://a/x.avif' }, { mediaType: undefined }],
		['/x.txt', {}, { askedAt: 'http://a/x.avif' }, undefined],
		['/x.gif', { 'content-type': 'image/gif' }, {}, undefined],
	])('for %s with %j and %j says that it is another image: %j', (dest, fields, given, image) => {
		expect(checksOf(dest, fields, given).image).toEqual(image);
	});

	it('says which digests are needed', () => {
		const checks = checksOf('/x', reprDigest('x'), { sha384: 'a' });
		expect([...algorithmsOf(checks)]).toEqual(['sha256', 'sha384']);
		const wanted = (['sha256', 'sha384', 'sha512'] as const).map((name) =>
			needsDigest(checks, name),
		);
		expect(wanted).toEqual([true, true, false]);
		expect(algorithmsOf(checksOf('/x', {})).size).toBe(0);
		expect(needsDigest(checksOf('/x', {}), 'sha256')).toBe(false);
	});
});

describe('content', () => {
	it('is an image if it should be, up to its end if nothing else tells that', () => {
		const gif = checksOf('/x.gif', LENGTH);
		const closed = checksOf('/x.gif', {});

		expect(verified(gif, GIF)).toBeUndefined();
		expect(verified(gif, 'no image')).toEqual([
			'bad_image',
			'not a GIF: it begins with "no image"',
		]);
		const cut = GIF.subarray(0, -3);
		expect(verified(gif, cut)).toEqual([
			'truncated',
			`the GIF is cut off after ${cut.length} bytes`,
		]);
		expect(verified(gif, GIF.subarray(0, -1))).toBeUndefined();
		expect(verified(closed, GIF.subarray(0, -1))?.[0]).toBe('truncated');
		expect(verified(closed, GIF)).toBeUndefined();
	});

	it('is no page if it should be an image', () => {
		const image = checksOf('/x.avif', { 'content-type': 'text/html' });

		expect(verified(image, '<html lang="en">')).toEqual([
			...['bad_image', 'a page, not an image: it begins with "<html lang=\\"en\\">"'],
		]);
		expect(verified(image, 'some\0image')).toBeUndefined();
		expect(verified(checksOf('/x', { 'content-type': 'text/html' }), '<html>')).toBeUndefined();
	});

	it('has the digests that are known of it', () => {
		const sha512 = hex('sha512', 'content');

		expect(verified(checksOf('/x', reprDigest('content'), { sha512 }), 'content')).toBeUndefined();
		expect(verified(checksOf('/x', reprDigest('other')), 'content')).toEqual([
			...['digest_mismatch', "not the content of the server's Repr-Digest (sha-256)"].map((text) =>
				text.replace('sha-256', 'sha256'),
			),
		]);
		expect(verified(checksOf('/x', {}, { sha512 }), 'other')).toEqual([
			...['checksum_mismatch', `SHA-512 is ${hex('sha512', 'other')}, expected ${sha512}`],
		]);
	});

	it('in chunks is the same, and what was not asked for is not known', () => {
		const format = imageFormatOf('/x.gif');
		const seen = new StreamedContent(['sha256'], format);
		const large = Buffer.alloc(3000, 'x');
		for (const chunk of [GIF, large, large]) {
			seen.update(chunk);
		}

		expect([seen.bytes, seen.head.length]).toEqual([GIF.length + 6000, HEAD_BYTES]);
		expect(seen.head.equals(Buffer.concat([GIF, large, large]).subarray(0, HEAD_BYTES))).toBe(true);
		expect([seen.extentAs(), new StreamedContent([]).extentAs()]).toEqual(['whole', 'unknown']);
		const checks = checksOf('/x', LENGTH, { sha384: 'ab' });
		expect(wrongWith(() => verify(checks, seen))?.[1]).toBe('SHA-384 is unknown, expected ab');
	});
});

describe('no content', () => {
	const NOT_ZERO = ['empty_body', 'the content is empty, though no length of 0 was announced'];
	const NO_IMAGE = ['empty_body', 'the content is empty, and should be an image'];
	const ZERO = { 'content-length': '0' };

	it.each<[dest: string, fields: Fields, given: Given, wrong: string[] | undefined]>([
		['/x', ZERO, {}, undefined],
		['/x', {}, {}, NOT_ZERO],
		['/x', reprDigest(''), {}, undefined],
		['/x', { ...ZERO, ...reprDigest('x') }, {}, NOT_ZERO],
		['/x.gif', ZERO, {}, NO_IMAGE],
		['/x.avif', ZERO, {}, NO_IMAGE],
		['/x', {}, { sha256: hex('sha256', '') }, undefined],
		['/x', {}, { sha384: hex('sha384', ''), sha512: hex('sha512', '') }, undefined],
		[
			...(['/x', ZERO, { sha256: hex('sha256', ''), sha512: hex('sha512', 'x') }] as const),
			['empty_body', 'the content is empty, and has not the SHA-512 of nothing'],
		],
	])('for %s with %j and %j is wrong: %j', (dest, fields, given, wrong) => {
		expect(verified(checksOf(dest, fields, given), '')).toEqual(wrong);
	});

	it('is something if it is encoded', () => {
		const checks = checksOf('/x', { 'content-encoding': 'gzip' });
		const [nothing, encoded] = [
			new BufferedContent(Buffer.of()),
			new BufferedContent(Buffer.of(1)),
		];

		expect(wrongWith(() => verify(checks, nothing, encoded))).toBeUndefined();
		expect(wrongWith(() => verify(checks, nothing, nothing))).toEqual(NOT_ZERO);
	});

	it('is no update of a file that has some', async () => {
		const folder = await temporaryFolder();
		writeFileSync(join(folder, 'some'), 'some');
		writeFileSync(join(folder, 'none'), '');
		const updated = (name: string, isUpdate = true) =>
			verified(checksOf(join(folder, name), ZERO, { isUpdate }), '');

		expect(updated('some')).toEqual([
			...['empty_body', 'the content is empty, and that of the earlier version is not'],
		]);
		expect([updated('none'), updated('gone'), updated('some', false)]).toEqual([
			...[undefined, undefined, undefined],
		]);
	});
});
