import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { contextWith, download } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { answerGif, GIF } from '../helpers/hold-server.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { type Identity, selfSigned, TestAuthority } from '../helpers/tls.ts';
import { listen } from './listen.ts';
import { startTlsOrigin } from './tls-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'trusted');
const stranger = new TestAuthority(keys, 'stranger');
const between = new TestAuthority(keys, 'between', authority);
const good = authority.issue('good');

async function get(
	folder: string,
	url: string,
	options: Partial<DownloadOptions> = {},
): Promise<Outcome> {
	const target = { id: url, index: 0, url, dest: join(folder, 'a.gif') };
	return await download(target, contextWith({ caCertificates: authority.cert, ...options }));
}

function chain(...identities: readonly Identity[]): Identity {
	const [leaf] = identities;
	return { key: leaf?.key ?? '', cert: identities.map(({ cert }) => cert).join('') };
}

describe('a certificate', () => {
	const leaf = between.issue('leaf');
	const untrusted = stranger.issue('untrusted');

	it.for([
		['of the authority', good, '127.0.0.1', '127.0.0.1'],
		['for a name', good, '127.0.0.1', 'localhost'],
		['for an address of IPv6', good, '::1', '[::1]'],
		['with the one in between', chain(leaf, between), '127.0.0.1', '127.0.0.1'],
	] as const)('%s is good', async ([_name, identity, host, hostname], { folder }) => {
		const { port } = await startTlsOrigin(identity, { host });

		const outcome = await get(folder, `https://${hostname}:${port}/a.gif`);

		expect(outcome).toMatchObject({ status: 'ok', requests: 1, bytes: GIF.length });
		expect(await readFile(join(folder, 'a.gif'))).toEqual(GIF);
	});

	it.for<[string, Identity, string, RegExp]>([
		[
			'that has expired',
			authority.issue('expired', { days: [-10, -1] }),
			'CERT_HAS_EXPIRED',
			/^the certificate of 127\.0\.0\.1:\d+ has expired$/,
		],
		[
			'that is not valid yet',
			authority.issue('early', { days: [1, 2] }),
			'CERT_NOT_YET_VALID',
			/^the certificate of 127\.0\.0\.1:\d+ is not valid yet, or the clock of this machine is slow$/,
		],
		[
			'for another name',
			authority.issue('other', { names: ['DNS:other.example'] }),
			'ERR_TLS_CERT_ALTNAME_INVALID',
			/^the certificate is not for 127\.0\.0\.1, but for /,
		],
		[
			'that is self-signed',
			selfSigned(keys, 'self'),
			'DEPTH_ZERO_SELF_SIGNED_CERT',
			/^the certificate of 127\.0\.0\.1:\d+ is self-signed$/,
		],
		[
			'of another authority',
			untrusted,
			'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
			/from an authority that is not trusted/,
		],
		[
			'of another authority, which is sent along',
			chain(untrusted, stranger),
			'SELF_SIGNED_CERT_IN_CHAIN',
			/from an authority that is not trusted$/,
		],
		[
			'without the one in between',
			leaf,
			'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
			/or came without those in between$/,
		],
	] as const)(
		'%s is refused once, and the message says so',
		async ([_name, identity, code, message], { folder }) => {
			const origin = await startTlsOrigin(identity);

			const outcome = await get(folder, `https://127.0.0.1:${origin.port}/a.gif`);

			expect(outcome).toMatchObject({ status: 'error', requests: 0, retries: 0, bytes: 0 });
			expect(outcome.failure).toMatchObject({ code });
			expect(outcome.failure?.message).toMatch(message);
			expect(outcome.attempts).toMatchObject([{ code }]);
			expect(origin.paths).toEqual([]);
			expect(await filesIn(folder)).toEqual([]);

			const insecure = await get(folder, `https://127.0.0.1:${origin.port}/a.gif`, {
				insecure: true,
			});
			expect(insecure).toMatchObject({ status: 'ok', requests: 1 });
		},
	);

	it('is that of the host in the URL, whatever the field Host says', async ({ folder }) => {
		const names: string[] = [];
		const { port } = await startTlsOrigin(good, {
			SNICallback(name, done) {
				names.push(name);
				done(null);
			},
			answer(request, response) {
				names.push(request.headers.host ?? '');
				answerGif(request, response);
			},
		});

		const outcome = await get(folder, `https://localhost:${port}/a.gif`, {
			headers: { host: 'other.example' },
		});

		expect(outcome.status).toBe('ok');
		expect(names).toEqual(['localhost', 'other.example']);
	});
});

describe('a server that asks for a client certificate', () => {
	const asking = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };

	it.for([
		['TLSv1.2', 0],
		['TLSv1.3', 1],
	] as const)('is said to do so, over %s', async ([version, requests], { folder }) => {
		const versions = { minVersion: version, maxVersion: version };
		const origin = await startTlsOrigin(good, { ...asking, ...versions });

		const outcome = await get(folder, `https://127.0.0.1:${origin.port}/a.gif`);

		// In TLS 1.3 the client sends its request before the server checks for a client certificate.
		expect(outcome).toMatchObject({ status: 'error', requests, retries: 0 });
		expect(outcome.failure).toMatchObject({
			code: expect.stringMatching(/^ERR_SSL_.*ALERT/) as string,
			message: `127.0.0.1:${origin.port} asks for a client certificate; give one with --cert and --key`,
		});
		expect(origin.paths).toEqual([]);
	});

	it('is not meant if a handshake fails before the server shows its own', async ({ folder }) => {
		const { port } = await startTlsOrigin(good, {
			...asking,
			maxVersion: 'TLSv1.2',
			ciphers: 'ECDHE-RSA-AES128-GCM-SHA256',
		});

		const outcome = await get(folder, `https://127.0.0.1:${port}/a.gif`);

		expect(outcome.failure?.message).toMatch(
			new RegExp(`^no TLS with 127.0.0.1:${port}: .*alert handshake failure$`),
		);
	});

	it('is not meant if it only takes one that is given', async ({ folder }) => {
		const { port } = await startTlsOrigin(good, { requestCert: true, rejectUnauthorized: false });

		expect(await get(folder, `https://127.0.0.1:${port}/a.gif`)).toMatchObject({ status: 'ok' });
	});
});

describe('what is no TLS', () => {
	it('is called so, and not tried again', async ({ folder }) => {
		const port = await listen(createServer((socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n')));

		const outcome = await get(folder, `https://127.0.0.1:${port}/a.gif`);

		expect(outcome).toMatchObject({ status: 'error', requests: 0, retries: 0 });
		expect(outcome.failure).toMatchObject({
			code: 'ERR_SSL_WRONG_VERSION_NUMBER',
			message: `127.0.0.1:${port} does not speak TLS`,
			causes: [expect.stringMatching(/^error:0A00010B:SSL routines:.*:wrong version number$/)],
		});
	});

	it('may be too old a TLS', async ({ folder }) => {
		const { port } = await startTlsOrigin(good, {
			minVersion: 'TLSv1',
			maxVersion: 'TLSv1.1',
			ciphers: 'ALL:@SECLEVEL=0',
		});

		const outcome = await get(folder, `https://127.0.0.1:${port}/a.gif`);

		expect(outcome).toMatchObject({ status: 'error', requests: 0, retries: 0 });
		expect(outcome.failure?.message).toBe(
			`no TLS with 127.0.0.1:${port}: tlsv1 alert protocol version`,
		);
	});

	it('may fall silent: then there was no connection in time', async ({ folder }) => {
		const port = await listen(createServer(() => {}));

		const outcome = await get(folder, `https://127.0.0.1:${port}/a.gif`, {
			connectTimeoutMs: 300,
			retries: 0,
		});

		expect(outcome.failure).toMatchObject({
			code: 'connect_timeout',
			message: `no connection to 127.0.0.1:${port} within 0.3 s`,
		});
	});
});
