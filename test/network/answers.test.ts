import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { DownloadContext } from '../../src/download/context.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith, download } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF, holds } from '../helpers/held-content.ts';
import { bytesOf, chunked, startRawOrigin } from './raw-origin.ts';

async function get(
	folder: string,
	url: string,
	context: DownloadContext,
	more: Partial<Target> = {},
): Promise<Outcome> {
	const dest = join(folder, `${new URL(url).pathname.slice(1)}.gif`);
	return await download({ id: url, index: 0, url, dest, ...more }, context);
}

const OK = 'HTTP/1.1 200 OK';
const WHOLE_RANGE = `Content-Range: bytes 0-${GIF.length - 1}/${GIF.length}`;
const LENGTH = `Content-Length: ${GIF.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const digest = (algorithm: string) => createHash(algorithm).update(GIF).digest('base64');
const SHA256 = `sha-256=:${digest('sha256')}:`;
const SHA512 = `sha-512=:${digest('sha512')}:`;
const WRONG = `sha-256=:${Buffer.alloc(32).toString('base64')}:`;

/** Responses as real servers send them, which must be accepted. Connections that must close do so. */
const GOOD: Record<string, Buffer> = {
	'names of fields in any case': bytesOf([OK, `cOnTeNt-lEnGtH: ${GIF.length}`, 'ETAG: "a"'], GIF),
	'a type in capitals, with parameters': bytesOf(
		[OK, LENGTH, 'Content-Type: IMAGE/GIF; charset=x'],
		GIF,
	),
	'two types': bytesOf([OK, LENGTH, 'Content-Type: image/gif', 'Content-Type: text/html'], GIF),
	'two of every field': bytesOf(
		[OK, LENGTH, ...Array.from({ length: 2 }, () => ['ETag: "a"', 'Date: x', 'Vary: y']).flat()],
		GIF,
	),
	'two identities': bytesOf(
		[OK, LENGTH, 'Content-Encoding: identity', 'Content-Encoding: identity'],
		GIF,
	),
	'an encoding that is none': bytesOf([OK, LENGTH, 'Content-Encoding: none'], GIF),
	'an empty encoding': bytesOf([OK, LENGTH, 'Content-Encoding: '], GIF),
	'an encoding called identity': bytesOf([OK, LENGTH, 'Content-Encoding: Identity'], GIF),
	'no type': bytesOf([OK, LENGTH], GIF),
	'an empty type': bytesOf([OK, LENGTH, 'Content-Type: '], GIF),
	'the type of a server that has none': bytesOf([OK, LENGTH, 'Content-Type: text/plain'], GIF),
	'no reason': bytesOf(['HTTP/1.1 200', LENGTH], GIF),
	'a reason in Latin-1': bytesOf(['HTTP/1.1 200 D\xe9j\xe0', LENGTH, 'X: \xe9'], GIF),
	'an odd status of success': bytesOf(['HTTP/1.1 299 Odd', LENGTH], GIF),
	'HTTP/1.0, which ends with its connection': bytesOf(
		['HTTP/1.0 200 OK', 'Connection: close'],
		GIF,
	),
	'HTTP/1.0 that keeps its connection': bytesOf(
		['HTTP/1.0 200 OK', LENGTH, 'Connection: keep-alive'],
		GIF,
	),
	'HTTP/1.1 without any length': bytesOf([OK, 'Connection: close'], GIF),
	'a length and a connection that ends': bytesOf([OK, LENGTH, 'Connection: close'], GIF),
	'chunks of one byte, with extensions': bytesOf([OK, CHUNKED], chunked(GIF, 1, ';a=b;c="d"')),
	'chunks in capitals': bytesOf([OK, CHUNKED.toUpperCase()], chunked(GIF, 7)),
	'chunks and trailers': bytesOf(
		[OK, CHUNKED, 'Trailer: X'],
		Buffer.concat([chunked(GIF, 7).subarray(0, -2), Buffer.from('X: y\r\n\r\n')]),
	),
	'early hints before it': Buffer.concat([
		bytesOf(['HTTP/1.1 103 Early Hints', 'Link: </a>; rel=preload']),
		bytesOf(['HTTP/1.1 102 Processing', 'ETag: "no"']),
		bytesOf(['HTTP/1.1 102 Processing']),
		bytesOf([OK, LENGTH], GIF),
	]),
	'an empty line before it': bytesOf(['', OK, LENGTH], GIF),
	'an offer of HTTP/2': bytesOf(
		[OK, LENGTH, 'Upgrade: h2,h2c', 'Connection: Upgrade, Keep-Alive'],
		GIF,
	),
	'names that JavaScript has': bytesOf(
		[OK, LENGTH, '__proto__: x', 'constructor: y', 'toString: z', '__proto__: x'],
		GIF,
	),
	'a hundred fields': bytesOf(
		[OK, LENGTH, ...Array.from({ length: 100 }, (_, i) => `X-${i}: ${'v'.repeat(100)}`)],
		GIF,
	),
	'validators that are none': bytesOf([OK, LENGTH, 'ETag: a', 'Last-Modified: yesterday'], GIF),
	'digests of several algorithms': bytesOf(
		[OK, LENGTH, `Repr-Digest: unixsum=1 , ${SHA512} , ${SHA256};q=1`],
		GIF,
	),
	'two fields of digests': bytesOf(
		[OK, LENGTH, `Repr-Digest: ${SHA256}`, `Repr-Digest: ${SHA512}`],
		GIF,
	),
	'a digest that is none': bytesOf([OK, LENGTH, 'Repr-Digest: sha-256=:AAAA:'], GIF),
	'a digest without colons': bytesOf([OK, LENGTH, 'Repr-Digest: sha-256=AAAA'], GIF),
	'no idle time to live': bytesOf([OK, LENGTH, 'Keep-Alive: timeout=0'], GIF),
	'a range of all bytes beside 200': bytesOf([OK, LENGTH, WHOLE_RANGE], GIF),
	'an unreadable time to live': bytesOf([OK, LENGTH, 'Keep-Alive: later'], GIF),
};

describe('an answer', () => {
	it.for(Object.entries(GOOD))('with %s is good', async ([_name, bytes], { folder }) => {
		const ends = bytes.includes('Connection: close');
		const origin = await startRawOrigin((socket) => {
			if (ends) {
				socket.end(bytes);
			} else {
				socket.write(bytes);
			}
		});
		const context = contextWith({ retries: 0, stallTimeMs: 1000 }, 1);

		const first = await get(folder, `${origin.url}/a`, context);
		const second = await get(folder, `${origin.url}/b`, context);

		expect([first, second]).toMatchObject([
			{ status: 'ok', requests: 1, httpStatus: first.httpStatus },
			{ status: 'ok', requests: 1 },
		]);
		expect(await readFile(first.dest)).toEqual(GIF);
		expect(await readFile(second.dest)).toEqual(GIF);
	});

	it.for<[string, string, Buffer]>([
		[
			'a length and chunks',
			'ambiguous_framing',
			bytesOf([OK, CHUNKED, 'Content-Length: 0'], chunked(GIF, 7)),
		],
		['two lengths', 'ambiguous_framing', bytesOf([OK, LENGTH, 'Content-Length: 5'], GIF)],
		['more than its length', 'truncated', bytesOf([OK, 'Content-Length: 10'], GIF)],
		['a length below nothing', 'bad_http', bytesOf([OK, 'Content-Length: -1'], GIF)],
		[
			'lines without CR and without content',
			'empty_body',
			Buffer.from('HTTP/1.1 200 OK\nContent-Length: 0\n\n'),
		],
		['a name with a space', 'bad_http', bytesOf([OK, 'X Y: z', LENGTH], GIF)],
		['a NUL', 'bad_http', bytesOf([OK, 'X: a\0b', LENGTH], GIF)],
		['another protocol', 'bad_http', bytesOf(['HTTP/2 200 OK', LENGTH], GIF)],
		['a status of 0', 'bad_http', bytesOf(['HTTP/1.1 000 No', LENGTH], GIF)],
		[
			'a change of protocol',
			'bad_http',
			bytesOf(['HTTP/1.1 101 X', 'Upgrade: x', 'Connection: upgrade']),
		],
		[
			'a range that was not asked for',
			'bad_range',
			bytesOf(['HTTP/1.1 206 X', 'Content-Range: bytes 5-9/50', LENGTH], GIF),
		],
		[
			'a whole range of another length',
			'bad_range',
			bytesOf([OK, LENGTH, 'Content-Range: bytes 0-4/5'], GIF),
		],
		[
			'all bytes as one of several parts',
			'bad_range',
			bytesOf([OK, LENGTH, WHOLE_RANGE, 'Content-Type: multipart/byteranges; boundary=a'], GIF),
		],
		['gzip around it', 'content_encoding', bytesOf([OK, LENGTH, 'Content-Encoding: X-GZIP'], GIF)],
		[
			'the type of an error page',
			'content_type',
			bytesOf([OK, LENGTH, 'Content-Type: Text/HTML'], GIF),
		],
		['a wrong digest', 'digest_mismatch', bytesOf([OK, LENGTH, `Repr-Digest: ${WRONG}`], GIF)],
		['a status beyond all', 'http_999', bytesOf(['HTTP/1.1 999 No', LENGTH], GIF)],
	] as const)(
		'with %s is refused as %s, and the next one is not spoilt',
		async ([_name, code, bytes], { folder }) => {
			const good = bytesOf([OK, LENGTH], GIF);
			const origin = await startRawOrigin((socket, { path }) => {
				socket.write(path === '/b' ? good : bytes);
			});
			const context = contextWith({ retries: 0, stallTimeMs: 1000 }, 1);

			const bad = await get(folder, `${origin.url}/a`, context);
			const next = await get(folder, `${origin.url}/b`, context);

			expect(bad).toMatchObject({ status: 'error', requests: 1, failure: { code } });
			expect(bad.attempts).toMatchObject([{ code }]);
			expect(next).toMatchObject({ status: 'ok', requests: 1 });
			expect(await filesIn(folder)).toEqual(['b.gif']);
		},
	);

	it.for([
		['image/jpg', 'a.jpg', '\xff\xd8\xff\xda\0\x02 … \xff\xd9'],
		['image/x-png', 'a.png', '\x89PNG\r\n\x1a\n\0\0\0\0IEND\xaeB`\x82'],
		['text/plain; charset=utf-8', 'a.svg', '<svg></svg>'],
		['application/xml', 'a.svg', '<?xml version="1.0"?><svg></svg>'],
	] as const)(
		'that calls itself %s is good enough for %s',
		async ([type, name, content], { folder }) => {
			const body = Buffer.from(content, 'latin1');
			const origin = await startRawOrigin((socket) => {
				socket.write(
					bytesOf([OK, `Content-Length: ${body.length}`, `Content-Type: ${type}`], body),
				);
			});
			holds(origin.url, body);

			const outcome = await get(folder, `${origin.url}/a`, contextWith({ retries: 0 }), {
				dest: join(folder, name),
			});

			expect(outcome.failure).toBeUndefined();
		},
	);

	it('of an archive may be called encoded, and is saved as it is', async ({ folder }) => {
		const archive = gzipSync('content');
		const origin = await startRawOrigin((socket) => {
			const encoding = 'Content-Encoding: x-gzip';
			socket.write(bytesOf([OK, `Content-Length: ${archive.length}`, encoding], archive));
		});
		holds(origin.url, archive);

		const outcome = await get(folder, `${origin.url}/a.tar.gz?v=1`, contextWith(), {
			dest: join(folder, 'other-name'),
		});

		expect(outcome).toMatchObject({ status: 'ok', requests: 1 });
		expect(await readFile(outcome.dest)).toEqual(archive);
	});

	it('with a header that is too large is not asked for again', async ({ folder }) => {
		const origin = await startRawOrigin((socket) => {
			socket.write(bytesOf([OK, LENGTH, `X: ${'v'.repeat(300_000)}`], GIF));
		});

		const outcome = await get(folder, `${origin.url}/a`, contextWith());

		expect(outcome).toMatchObject({ status: 'error', requests: 1 });
		expect(outcome.failure?.code).toBe('headers_overflow');
	});

	it.for<[string[], string]>([
		[[LENGTH, LENGTH], `"${LENGTH}" and "${LENGTH}" (RFC 9112, section 6.3)`],
		[[CHUNKED, LENGTH], `"${CHUNKED}" and "${LENGTH}" (RFC 9112, section 6.3)`],
		[[LENGTH, CHUNKED], `"${LENGTH}" and "${CHUNKED}" (RFC 9112, section 6.3)`],
		[[`${LENGTH}, ${GIF.length}`], `"${LENGTH}, ${GIF.length}" (RFC 9112, section 6.3)`],
	])(
		'that does not say clearly where it ends is asked for once: %j',
		async ([fields, found], { folder }) => {
			const origin = await startRawOrigin((socket) => {
				socket.write(bytesOf([OK, ...fields], GIF));
			});

			const outcome = await get(folder, `${origin.url}/a`, contextWith({ retries: 3 }));

			expect(outcome).toMatchObject({ status: 'error', requests: 1 });
			expect(outcome.failure).toMatchObject({
				code: 'ambiguous_framing',
				message: `not clear where the content ends: ${found}`,
			});
		},
	);

	it.for<string[]>([
		['X: a', 'No colon\x1b', '"No colon\\u001b" (RFC 9112, section 5)'],
		[LENGTH, 'No-Colon', '"No-Colon" (RFC 9112, section 5)'],
		['Content-Length: 1x', '', '"Content-Length: 1x" (RFC 9112, section 6.2)'],
		['X: a\rb', '', '"X: a\\rb" (RFC 9112, section 2.2)'],
		['Content-Type : a', LENGTH, 'section 5'],
		['X: \0', LENGTH, '"X" (RFC 9110, section 5.5)'],
	])('that is no HTTP is quoted: %j, %j', async ([first = '', second = '', found], { folder }) => {
		const origin = await startRawOrigin((socket) => {
			socket.write(bytesOf([OK, first, second], GIF));
		});

		const { failure } = await get(folder, `${origin.url}/a`, contextWith({ retries: 0 }));

		expect(failure?.code).toBe('bad_http');
		expect(failure?.message).toContain(found);
	});

	it.for<string[]>([
		['5 a=b\r\n', '"5 a=b" (RFC 9112, section 7.1)'],
		['5;a = b\rc', 'does not end with CR LF in "5;a = b\\rchello" (RFC 9112, section 7.1)'],
		['x\r\n', '"x" (RFC 9112, section 7.1)'],
	])('whose chunk begins with %j is quoted', async ([line = '', found], { folder }) => {
		const origin = await startRawOrigin((socket) => {
			socket.write(bytesOf([OK, CHUNKED], `${line}hello\r\n0\r\n\r\n`));
		});

		const { failure } = await get(folder, `${origin.url}/a`, contextWith({ retries: 0 }));

		expect(failure?.code).toBe('bad_http');
		expect(failure?.message).toContain(found);
	});
});
