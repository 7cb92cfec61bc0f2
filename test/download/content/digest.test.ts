import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { base64ToHex, Digests, parseReprDigest } from '../../../src/download/content/content.ts';
import { contextWith, download } from '../../helpers/download.ts';
import { it } from '../../helpers/fixtures.ts';

const of = (algorithm: string) => createHash(algorithm).update('content').digest('base64');
const SHA256 = of('sha256');
const SHA512 = of('sha512');

describe('parseReprDigest', () => {
	it.each([
		[`sha-256=:${SHA256}:`, SHA256],
		[`  sha-256=:${SHA256}:  `, SHA256],
		[`unixsum=30637, sha-256=:${SHA256}:`, SHA256],
		[`sha-256=:${SHA256}:, sha-512=:${SHA512}:`, SHA512],
		[`sha-512=:${SHA512}:,sha-256=:${SHA256}:`, SHA512],
		[`sha-256=:${SHA256}:;q=1;x="a,b", md5=:AAAA:`, SHA256],
		[`sha-256=:${SHA256.replace(/=+$/, '')}:`, SHA256.replace(/=+$/, '')],
		// Malformed, of an insecure algorithm, or of the wrong length.
		[undefined, undefined],
		['', undefined],
		['nonsense', undefined],
		[`sha-256=${SHA256}`, undefined],
		[`sha-256=:${SHA256}`, undefined],
		[`SHA-256=:${SHA256}:`, undefined],
		[`my-sha-256=:${SHA256}:`, undefined],
		['sha-256=:AAAA:', undefined],
		['sha-256=:====:', undefined],
		['md5=:Sd/dVLAcvNLSq16eXua5uQ==:', undefined],
		[`sha-256=:${SHA512}:`, undefined],
		[`sha-512=:AAAA:, sha-256=:${SHA256}:`, SHA256],
	])('reads %s', (header, value) => {
		expect(parseReprDigest(header)?.value).toBe(value);
	});
});

describe('digests', () => {
	const HEX = createHash('sha256').update('content').digest('hex');

	it('of content in chunks are those that were asked for, as often as they are', () => {
		const digests = new Digests(['sha256', 'sha512']);
		digests.update(Buffer.from('con'));
		digests.update(Buffer.from('tent'));

		expect(digests.bytes).toBe(7);
		expect([digests.digestHex('sha256'), digests.digestHex('sha256')]).toEqual([HEX, HEX]);
		expect(digests.digestHex('sha512')).toBe(base64ToHex(SHA512));
		expect(digests.digestHex('sha384')).toBeUndefined();
	});

	it('in base64 are the same', () => {
		expect(base64ToHex(SHA256)).toBe(HEX);
	});

	it('that are long leave room for what helps: --raw', async ({ server, folder }) => {
		const sent = gzipSync('content');
		const sha512 = createHash('sha512').update(sent).digest('hex');
		server.answer('/a', (_request, response) =>
			response.writeHead(200, { 'content-encoding': 'gzip' }).end(sent),
		);
		const target = { id: 'a', index: 0, url: `${server.url}/a`, dest: join(folder, 'a'), sha512 };

		const { failure } = await download(target, contextWith({ retries: 0 }));

		expect(failure?.message).toContain(
			`the content has it as it was sent (use --raw): decoded, SHA-512 is ${base64ToHex(SHA512)}, expected ${sha512.slice(0, 20)}`,
		);
	});
});
