import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { answerGif, GIF } from '../helpers/hold-server.ts';
import { startProxy } from '../helpers/proxy.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';
import { startTlsOrigin } from './tls-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const good = authority.issue('origin', {
	names: ['DNS:localhost', 'DNS:far.example', 'IP:127.0.0.1'],
});
const client = authority.issue('client');
const stranger = authority.issue('stranger');
const file = (name: string) => join(keys, name);
await writeFile(file('ca.pem'), authority.cert);
await writeFile(file('client.pem'), client.cert);
await writeFile(file('client.key'), client.key);
await writeFile(file('both.pem'), client.key + client.cert);
await writeFile(file('stranger.key'), stranger.key);
await writeFile(file('broken.key'), client.key.replace(/\n[\w+/=]+\n/, '\nAAAA\n'));
execFileSync('openssl', [
	...['pkey', '-in', file('client.key'), '-aes128', '-passout', 'pass:S3CRET'],
	...['-out', file('locked.key')],
]);
execFileSync('openssl', [
	...['pkcs12', '-export', '-in', file('both.pem'), '-passout', 'pass:S3CRET'],
	...['-out', file('client.p12')],
]);
execFileSync('openssl', [
	...['x509', '-in', file('client.pem'), '-outform', 'der', '-out', file('client.der')],
]);
const CACERT = ['--cacert', file('ca.pem')];

describe('--cert', () => {
	const asking = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };

	it.for(['async', 'threads'])(
		'is shown to a server that asks (%s)',
		async (strategy, { folder }) => {
			const names: string[] = [];
			const { port } = await startTlsOrigin(good, {
				...asking,
				answer(request, response) {
					const { socket } = request;
					names.push(
						socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : '',
					);
					answerGif(request, response);
				},
			});
			const proxy = await startProxy();
			const url = `https://localhost:${port}/a.gif`;
			const how = [...CACERT, '--strategy', strategy, '-d', strategy, '--if-exists', 'overwrite'];

			const two = await flagdl(
				[url, '--cert', file('client.pem'), '--key', file('client.key'), ...how],
				folder,
			);
			const one = await flagdl([url, '--cert', file('both.pem'), '-x', proxy.url, ...how], folder);

			expect([two, one]).toMatchObject([
				{ code: 0, stderr: '' },
				{ code: 0, stderr: '' },
			]);
			expect(names).toEqual(['client', 'client']);
			expect(await readFile(join(folder, strategy, 'a.gif'))).toEqual(GIF);
		},
	);

	it.for<[args: readonly string[], message: string]>([
		[['--key', 'client.key'], '--key: found no --cert; give the certificate that it belongs to'],
		[
			['--cert', 'client.pem'],
			'--cert: found no private key in client.pem; allowed: a file of PEM; give its key with --key',
		],
		[['--cert', 'client.key'], '--cert: found no certificate in client.key'],
		[
			['--cert', 'client.pem', '--key', 'stranger.key'],
			'--key: the key in stranger.key is not that of the first certificate in client.pem',
		],
		[
			['--cert', 'client.pem', '--key', 'ca.pem'],
			'--key: found no private key in ca.pem; allowed: a file of PEM',
		],
		[
			['--cert', 'client.pem', '--key', 'broken.key'],
			'--key: found a broken private key in broken.key',
		],
		[
			['--cert', 'client.pem', '--key', 'none.key'],
			'--key: cannot read none.key: no such file or directory',
		],
		[
			['--cert', 'client.pem', '--key', 'locked.key'],
			'--key: the key in locked.key is protected by a passphrase, which flagdl does not ask for; take it off in a file of your own: openssl pkey -in locked.key -out plain-key.pem',
		],
		[
			['--cert', 'both.pem:S3CRET'],
			'--cert: cannot read both.pem:…: no such file or directory; give the file alone, without a passphrase',
		],
		[
			['--cert', 'client.p12'],
			'--cert: found PKCS#12 or DER in client.p12; allowed: a file of PEM, as openssl pkcs12 -nodes -in client.p12 -out client.pem makes it of PKCS#12',
		],
		[['--cacert', 'client.der'], '--cacert: found PKCS#12 or DER in client.der'],
		[['--cert', ''], '--cert: found ""; allowed: '],
		[['--cert', '/dev/null'], '--cert: found no certificate in /dev/null'],
	])('is refused: %j', async ([args, message]) => {
		const { code, stderr } = await flagdl(['https://localhost:9/a', ...args, '-d', 'out'], keys);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
		expect(stderr).not.toMatch(/S3CRET|BEGIN/);
	});
});

describe('--resolve', () => {
	it.for(['async', 'threads'])(
		'connects to another address, with the name and its certificate (%s)',
		async (strategy, { server, folder }) => {
			const { port } = await startTlsOrigin(good);
			const plain = server.url.split(':').at(-1) ?? '';
			const urls = [`https://far.example:${port}/a.gif`, `http://any.example:${plain}/b.gif`];
			const pins = [
				'--resolve',
				`+Far.Example:${port}:127.0.0.1`,
				'--resolve',
				`*:${plain}:127.0.0.1`,
			];

			const { code, stderr } = await flagdl(
				[...urls, ...pins, ...CACERT, '--strategy', strategy],
				folder,
			);

			expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
			expect(server.requests[0]?.headers.host).toBe(`any.example:${plain}`);
		},
	);

	it('takes addresses of IPv6, and the next address if one does not answer', async ({
		server,
		folder,
	}) => {
		const origin = await startTlsOrigin(good, { host: '::1' });
		const port = server.url.split(':').at(-1) ?? '';
		const urls = [`https://localhost:${origin.port}/a.gif`, `http://two.example:${port}/b.gif`];
		const pins = [`localhost:${origin.port}:[::1]`, `two.example:${port}:[::1],127.0.0.1`];

		const { code } = await flagdl(
			[...urls, ...pins.flatMap((pin) => ['--resolve', pin]), ...CACERT],
			folder,
		);

		expect(code).toBe(0);
		expect(origin.paths).toEqual(['/a.gif']);
	});

	it('holds for redirects, mirrors and the address of a proxy', async ({ server, folder }) => {
		const port = server.url.split(':').at(-1) ?? '';
		server.answer('/a.gif', (_, response) => {
			response.writeHead(302, { location: `http://second.example:${port}/x.gif` }).end();
		});
		server.answer('/b.gif', (request, response) => {
			if (request.headers.host?.startsWith('mirror') === true) {
				answerGif(request, response);
			} else {
				response.writeHead(404).end();
			}
		});
		const pin = ['--resolve', `*:${port}:127.0.0.1`];
		const urls = ['a', 'b'].map((name) => `http://first.example:${port}/${name}.gif`);

		const direct = await flagdl(
			[...urls, ...pin, '--mirror', `http://mirror.example:${port}`],
			folder,
		);
		expect(direct.code).toBe(0);

		const proxy = await startProxy();
		const [, proxyPort = ''] = proxy.host.split(':');
		const through = ['-x', `http://proxy.example:${proxyPort}`];
		const given = ['--resolve', `proxy.example:${proxyPort}:127.0.0.1`];
		await flagdl([`${server.url}/c.gif`, ...through, ...given], folder);
		expect(proxy.seen).toHaveLength(1);
	});

	it.for([
		'h.org',
		'h.org:443',
		'h.org:443:h.org',
		'h.org:0:127.0.0.1',
		'h.org:70000:127.0.0.1',
		'-h.org:443',
		'127.0.0.1:443:127.0.0.2',
		'h.org:443:fe80::1%lo',
		'h.org:443:127.0.0.1,',
		':443:127.0.0.1',
	])('refuses %s', async (text, { folder }) => {
		const { code, stderr } = await flagdl(['http://127.0.0.1:1/a', `--resolve=${text}`], folder);

		expect(code).toBe(2);
		expect(stderr).toContain('allowed: host:port:address, such as example.org:443:127.0.0.1');
	});
});
