import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { describe, expect } from 'vitest';
import type { DownloadOptions } from '../../../src/download/options.ts';
import type { Target } from '../../../src/targets/target.ts';
import { contextWith, download } from '../../helpers/download.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { it } from '../../helpers/fixtures.ts';
import type { HoldServer } from '../../helpers/hold-server.ts';

const SMALL = Buffer.from('a file that was stored encoded\n'.repeat(40));
const LARGE = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) % 251));
const sha256 = (content: Buffer) => createHash('sha256').update(content);
const hasZstd = 'createZstdDecompress' in zlib;

/** @param sent - Chunks of the body, as they arrive. */
async function get(
	server: HoldServer,
	folder: string,
	coding: string,
	sent: readonly Buffer[],
	rest: Partial<Target> & { readonly fields?: Record<string, string>; readonly held?: Buffer } = {},
	options: Partial<DownloadOptions> = {},
) {
	const { fields, held = SMALL, ...more } = rest;
	const path = `/${server.requests.length}`;
	server.holds(path, held);
	server.answer(path, (_, response) => {
		response.writeHead(200, { 'content-encoding': coding, ...fields });
		// Each chunk after the one before has left, so that they are not joined.
		const writeFrom = (index: number) => {
			const chunk = sent[index];
			if (chunk === undefined) {
				response.end();
			} else {
				response.write(chunk, () => writeFrom(index + 1));
			}
		};
		writeFrom(0);
	});
	const target = {
		id: 'x',
		index: 0,
		url: `${server.url}${path}`,
		dest: join(folder, 'x'),
		...more,
	};
	const context = contextWith({ retries: 0, ifExists: 'overwrite', ...options });
	const outcome = await download(target, context);
	return { ...outcome, code: outcome.failure?.code, message: outcome.failure?.message };
}

const DIGEST = {
	sha256: sha256(SMALL).digest('hex'),
	sha384: createHash('sha384').update(SMALL).digest('hex'),
};

describe('a body in a content coding', () => {
	const CODED: [coding: string, encode: (content: Buffer) => Buffer][] = [
		['gzip', (content) => zlib.gzipSync(content)],
		['X-GZip', (content) => zlib.gzipSync(content)],
		['deflate', (content) => zlib.deflateSync(content)],
		['deflate', (content) => zlib.deflateSync(content, { level: 1 })],
		['deflate', (content) => zlib.deflateRawSync(content)],
		['br', (content) => zlib.brotliCompressSync(content)],
		['deflate, gzip', (content) => zlib.gzipSync(zlib.deflateSync(content))],
		['identity, gzip;q=1', (content) => zlib.gzipSync(content)],
	];

	it.for(CODED)(
		'is decoded, small or large, whole or in pieces: %s',
		async ([coding, encode], { server, folder }) => {
			for (const held of [SMALL, LARGE]) {
				const sent = encode(held);
				const pieces = [sent.subarray(0, 1), sent.subarray(1, 2), sent.subarray(2)];
				for (const chunks of [[sent], pieces]) {
					const fields = { 'repr-digest': `sha-256=:${sha256(sent).digest('base64')}:` };
					const sha = sha256(held).digest('hex');

					const outcome = await get(server, folder, coding, chunks, { fields, held, sha256: sha });

					expect(outcome).toMatchObject({ status: 'ok', requests: 1, bytes: held.length });
					expect(readFileSync(join(folder, 'x')).equals(held)).toBe(true);
				}
			}
		},
	);

	it('may be raw deflate that begins like a header of zlib, or one byte long', async ({
		server,
		folder,
	}) => {
		// A stored block: only the low bits of its first byte are significant.
		const stored = Buffer.from([0x78, 5, 0, 0xfa, 0xff, ...Buffer.from('stays')]);
		const last = zlib.deflateRawSync(Buffer.alloc(0));
		const held = Buffer.from('stays');

		const outcome = await get(server, folder, 'deflate', [Buffer.concat([stored, last])], { held });
		expect(outcome).toMatchObject({ status: 'ok', bytes: 5 });
		expect((await get(server, folder, 'deflate', [Buffer.of(3)])).code).toBe('content_encoding');
	});

	it.for<[coding: string, sent: Buffer, code: string, message: string]>([
		['gzip', SMALL, 'content_encoding', 'the content is encoded as gzip and cannot be decoded: '],
		['br', Buffer.from('no br'), 'content_encoding', 'the content is encoded as br and cannot be'],
		['compress', SMALL, 'unknown_coding', 'encoded as compress; gzip, deflate, br can be undone'],
		['gzip deflate', SMALL, 'unknown_coding', 'encoded as gzip deflate; gzip, deflate, br can be'],
		['gzip,gzip,br', SMALL, 'unknown_coding', 'in 3 codings, allowed are 2'],
	])(
		'that cannot be decoded is called so: %s',
		async ([coding, sent, code, message], { server, folder }) => {
			const outcome = await get(server, folder, coding, [sent]);

			expect(outcome).toMatchObject({ status: 'error', code });
			expect(outcome.message?.slice(0, message.length)).toBe(message);
			expect(await filesIn(folder)).toEqual([]);
		},
	);

	it.runIf(hasZstd)(
		'is decoded from zstd by newer versions of Node',
		async ({ server, folder }) => {
			const { zstdCompressSync } = zlib as unknown as {
				zstdCompressSync: (content: Buffer) => Buffer;
			};

			const outcome = await get(server, folder, 'zstd', [zstdCompressSync(SMALL)]);

			expect(outcome).toMatchObject({ status: 'ok', bytes: SMALL.length });
		},
	);

	it.skipIf(hasZstd)('in zstd asks for a newer version of Node', async ({ server, folder }) => {
		expect(await get(server, folder, 'zstd', [SMALL])).toMatchObject({
			code: 'unknown_coding',
			message: 'encoded as zstd, which takes Node 22.15 or later; --raw keeps it as it is',
		});
	});

	it('that its connection cuts off is no error of the coding', async ({ server, folder }) => {
		const sent = zlib.gzipSync(LARGE);
		server.answer('/x', (_, response) => {
			response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': sent.length });
			response.write(sent.subarray(0, -1), () => response.socket?.end());
		});
		const target = { id: 'x', index: 0, url: `${server.url}/x`, dest: join(folder, 'x') };

		const outcome = await download(target, contextWith({ retries: 0 }));

		expect(outcome.failure?.code).toBe('truncated');
		expect(await filesIn(folder)).toEqual([]);
	});

	it('has the checksum of the file, and a hint if that is of what was sent', async ({
		server,
		folder,
	}) => {
		const sent = zlib.gzipSync(SMALL);
		const asSent = sha256(sent).digest('hex');
		const found = `SHA-256 is ${DIGEST.sha256}, expected`;
		const one = await get(server, folder, 'gzip', [sent], { sha256: asSent });
		const other = await get(server, folder, 'gzip', [sent], { sha256: 'ab'.repeat(32) });

		expect([one.code, other.code]).toEqual(['checksum_mismatch', 'checksum_mismatch']);
		expect(one.message).toBe(
			`the content has it as it was sent (use --raw): decoded, ${found} ${asSent}`,
		);
		expect(other.message).toBe(`${found} ${'ab'.repeat(32)}`);
		expect((await get(server, folder, 'gzip', [sent], DIGEST)).status).toBe('ok');
	});

	it.for<[coding: string, path: string, isKept: boolean]>([
		['gzip', 'a.tar.gz', true],
		['x-gzip', 'a.TGZ', true],
		['gzip', 'a.gzip', false],
		['deflate', 'a.zz', true],
		['compress', 'a.Z', true],
		['bzip2', 'a.tbz', true],
		['br', 'a.br', true],
		['br', 'a.gz', false],
	])(
		'%s of a file that is called %s is kept: %s',
		async ([coding, path, isKept], { server, folder }) => {
			const sent = coding === 'br' ? zlib.brotliCompressSync(SMALL) : zlib.gzipSync(SMALL);
			const dest = join(folder, path);

			const held = isKept ? sent : SMALL;
			expect(await get(server, folder, coding, [sent], { dest, held })).toMatchObject({
				...{ status: 'ok', bytes: held.length },
			});
		},
	);

	it('is kept with raw, and is checked as it came', async ({ server, folder }) => {
		const sent = zlib.gzipSync(SMALL);
		const given = { held: sent, sha256: sha256(sent).digest('hex') };

		const outcome = await get(server, folder, 'gzip', [sent], given, { raw: true });

		expect(outcome).toMatchObject({ status: 'ok', bytes: sent.length });
	});

	it('may be larger than it was announced, and no larger than is allowed', async ({
		server,
		folder,
	}) => {
		const sent = zlib.gzipSync(LARGE);
		const fields = { 'content-length': String(sent.length) };
		const limited = async (maxFilesizeBytes: number) =>
			await get(server, folder, 'gzip', [sent], { held: LARGE, fields }, { maxFilesizeBytes });

		expect((await limited(LARGE.length)).status).toBe('ok');
		expect(await limited(LARGE.length - 1)).toMatchObject({
			code: 'too_large',
			message: `${LARGE.length} bytes or more, allowed are ${LARGE.length - 1}`,
		});
	});

	it('may grow as much as it likes up to 64 MiB, and a thousandfold beyond', async ({
		server,
		folder,
	}) => {
		const bomb = async (mebibytes: number) => {
			const held = Buffer.alloc(mebibytes * 1024 * 1024);
			return await get(server, folder, 'gzip', [zlib.gzipSync(held, { level: 9 })], { held });
		};

		expect((await bomb(8)).status).toBe('ok');
		const outcome = await bomb(66);
		expect(outcome.code).toBe('too_large');
		expect(outcome.message).toMatch(
			/^\d{5} bytes that grow to more than 6\d{7} when they are decoded$/,
		);
	});
});
