import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { DownloadContext } from '../../src/download/context.ts';
import type { DownloadOptions, ProxyOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { contextWith, download } from '../helpers/download.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF, holds } from '../helpers/held-content.ts';
import { startProxy } from '../helpers/proxy.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';
import { listen } from './listen.ts';
import { startTlsOrigin } from './tls-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const identity = authority.issue('origin');

function open(
	proxy: ProxyOptions,
	options: Partial<DownloadOptions> = {},
	concurrency = 4,
): DownloadContext {
	const caCertificates = authority.cert;
	return contextWith({ caCertificates, proxy, retries: 0, ...options }, concurrency);
}

let count = 0;
async function get(folder: string, url: string, context: DownloadContext): Promise<Outcome> {
	count += 1;
	const target = { id: url, index: 0, url, dest: join(folder, `${count}.gif`) };
	return await download(target, context);
}

describe('a URL of http', () => {
	it('is asked of its proxy whole, on connections that are kept', async ({
		server: origin,
		folder,
	}) => {
		const proxy = await startProxy();
		const context = open({ httpProxy: proxy.url }, {}, 1);

		const first = await get(folder, `${origin.url}/a.gif?b=c`, context);
		const second = await get(folder, `${origin.url}/d.gif`, context);

		expect([first, second]).toMatchObject([
			{ status: 'ok', requests: 1, bytes: GIF.length, attempts: [{ reused: false, status: 200 }] },
			{ status: 'ok', requests: 1, attempts: [{ reused: true, status: 200 }] },
		]);
		expect(proxy.seen).toMatchObject([
			{ method: 'GET', target: `${origin.url}/a.gif?b=c` },
			{ method: 'GET', target: `${origin.url}/d.gif` },
		]);
		expect(proxy.connections).toBe(1);
		expect(origin.requests[0]?.headers.host).toBe(new URL(origin.url).host);
		const [attempt] = first.attempts ?? [];
		expect(attempt?.connectedMs).toBeGreaterThan(attempt?.startMs ?? Number.NaN);
		expect(attempt?.url).toBe(`${origin.url}/a.gif?b=c`);
	});

	it('does not go through the proxy of https', async ({ server: origin, folder }) => {
		const proxy = await startProxy();

		const outcome = await get(folder, `${origin.url}/a.gif`, open({ httpsProxy: proxy.url }));

		expect(outcome.status).toBe('ok');
		expect(proxy.seen).toEqual([]);
	});

	it('is repeated at once when the proxy closes an idle connection', async ({
		server: origin,
		folder,
	}) => {
		let asked = 0;
		// Responds once on each connection, and closes it at the second request.
		const proxy = createServer((socket) => {
			let requests = 0;
			socket.on('data', () => {
				asked += 1;
				requests += 1;
				if (requests > 1) {
					socket.destroy();
				} else {
					socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${GIF.length}\r\n\r\n`);
				}
				if (requests === 1) {
					socket.write(GIF);
				}
			});
		});
		const httpProxy = `http://127.0.0.1:${await listen(proxy)}`;
		const context = open({ httpProxy }, {}, 1);

		await get(folder, `${origin.url}/a.gif`, context);
		const outcome = await get(folder, `${origin.url}/b.gif`, context);

		expect(asked).toBe(3);
		expect(outcome).toMatchObject({ status: 'ok', requests: 2, retries: 0 });
		expect(outcome.attempts).toMatchObject([{ reused: true }, { reused: false, status: 200 }]);
	});
});

describe('a URL of https', () => {
	it('is asked through a tunnel, whose connection is kept', async ({ folder }) => {
		const proxy = await startProxy();
		const { port, paths } = await startTlsOrigin(identity);
		const context = open({ httpsProxy: proxy.url }, {}, 1);

		const first = await get(folder, `https://localhost:${port}/a.gif`, context);
		const second = await get(folder, `https://localhost:${port}/b.gif`, context);

		expect([first, second]).toMatchObject([
			{ status: 'ok', requests: 1, attempts: [{ reused: false }] },
			{ status: 'ok', requests: 1, attempts: [{ reused: true }] },
		]);
		expect(proxy.seen).toMatchObject([{ method: 'CONNECT', target: `localhost:${port}` }]);
		expect(proxy.seen[0]?.headers.host).toBe(`localhost:${port}`);
		expect(paths).toEqual(['/a.gif', '/b.gif']);
	});

	it('may have an address of IPv6', async ({ folder }) => {
		const proxy = await startProxy();
		const { port } = await startTlsOrigin(identity, { host: '::1' });

		const outcome = await get(
			folder,
			`https://[::1]:${port}/a.gif`,
			open({ httpsProxy: proxy.url }),
		);

		expect(outcome.status).toBe('ok');
		expect(proxy.seen).toMatchObject([{ target: `[::1]:${port}` }]);
	});

	it('does not go through the proxy of http', async ({ folder }) => {
		const proxy = await startProxy();
		const { port } = await startTlsOrigin(identity);

		const outcome = await get(folder, `https://localhost:${port}/`, open({ httpProxy: proxy.url }));

		expect(outcome.status).toBe('ok');
		expect(proxy.seen).toEqual([]);
	});

	it('has its certificate checked through the tunnel', async ({ folder }) => {
		const proxy = await startProxy();
		const { port, paths } = await startTlsOrigin(
			authority.issue('other', { names: ['DNS:other.example'] }),
		);

		const outcome = await get(
			folder,
			`https://localhost:${port}/`,
			open({ httpsProxy: proxy.url }),
		);

		expect(outcome.failure).toMatchObject({
			code: 'ERR_TLS_CERT_ALTNAME_INVALID',
			message: expect.stringMatching(/^the certificate is not for localhost/) as unknown,
		});
		expect(paths).toEqual([]);
	});

	it('is downloaded whole, many at a time', async ({ folder }) => {
		const proxy = await startProxy();
		const content = Buffer.alloc(300_000, 'flag');
		const { port } = await startTlsOrigin(identity, {
			answer: (_request, response) => response.end(content),
		});
		holds(`https://localhost:${port}`, content);
		const context = open({ httpsProxy: proxy.url });
		const sha256 = createHash('sha256').update(content).digest('hex');

		const outcomes = await Promise.all(
			Array.from({ length: 20 }, async (_, index) => {
				const url = `https://localhost:${port}/${index}`;
				const dest = join(folder, `${index}.bin`);
				return await download({ id: url, index, url, dest, sha256 }, context);
			}),
		);

		expect(outcomes.map(({ status, requests }) => `${status} ${requests}`)).toEqual(
			Array.from({ length: 20 }, () => 'ok 1'),
		);
		expect(proxy.seen).toHaveLength(4);
	});
});

describe('a proxy that speaks TLS', () => {
	it('serves both', async ({ server: origin, folder }) => {
		const proxy = await startProxy({ identity: authority.issue('proxy') });
		const { port } = await startTlsOrigin(identity);
		const context = open({ httpProxy: proxy.url, httpsProxy: proxy.url });

		const plain = await get(folder, `${origin.url}/a.gif`, context);
		const tunnelled = await get(folder, `https://localhost:${port}/a.gif`, context);

		expect([plain, tunnelled]).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
		expect(proxy.seen.map(({ method }) => method)).toEqual(['GET', 'CONNECT']);
	});

	it.for(['http', 'https'])(
		'has its own certificate checked for %s',
		async (scheme, { folder }) => {
			const proxy = await startProxy({ identity: authority.issue('old', { days: [-9, -1] }) });
			const context = open({ httpProxy: proxy.url, httpsProxy: proxy.url });

			const outcome = await get(folder, `${scheme}://localhost:9/a.gif`, context);

			expect(outcome.failure).toMatchObject({
				code: 'CERT_HAS_EXPIRED',
				message: `the certificate of the proxy ${proxy.host} has expired`,
			});
		},
	);
});

describe('an exception', () => {
	it.for([
		['127.0.0.1', 0],
		['*', 0],
		['example.org, 127.0.0.0/8', 0],
		['127.0.0.1:PORT', 0],
		['127.0.0.1:1', 1],
		['localhost', 1],
		['', 1],
	] as const)('to the proxy: %j', async ([noProxy, asked], { server: origin, folder }) => {
		const proxy = await startProxy();
		const { port } = new URL(origin.url);
		const options = { httpProxy: proxy.url, noProxy: noProxy.replace('PORT', port) };

		const outcome = await get(folder, `${origin.url}/a.gif`, open(options));

		expect(outcome.status).toBe('ok');
		expect(proxy.seen).toHaveLength(asked);
	});
});
