import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { DownloadContext } from '../../src/download/context.ts';
import type { DownloadOptions, ProxyOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { contextWith, download } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF } from '../helpers/hold-server.ts';
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

const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;

describe('credentials of a proxy', () => {
	it.for(['user:password', 'us er:p@ss:w/rd', 'user:'])(
		'%s reach it alone',
		async (login, { server: origin, folder }) => {
			const proxy = await startProxy({ login });
			const { port } = await startTlsOrigin(identity);
			const userInfo = login.split(/:(.*)/).slice(0, 2).map(encodeURIComponent).join(':');
			const url = proxy.url.replace('//', `//${userInfo}@`);
			const context = open({ httpProxy: url, httpsProxy: url });

			const plain = await get(folder, `${origin.url}/a.gif`, context);
			const tunnelled = await get(folder, `https://localhost:${port}/a.gif`, context);

			expect([plain, tunnelled]).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
			expect(proxy.seen.map(({ headers }) => headers['proxy-authorization'])).toEqual([
				basic(login),
				basic(login),
			]);
			expect(JSON.stringify([plain, tunnelled])).not.toContain(userInfo);
		},
	);

	it('may be given as a field, which then is for the proxy alone', async ({
		server: origin,
		folder,
	}) => {
		const proxy = await startProxy({ login: 'u:p' });
		const fields: unknown[] = [];
		const { port } = await startTlsOrigin(identity, {
			answer(request, response) {
				fields.push(request.headers['proxy-authorization']);
				response.end(GIF);
			},
		});
		const proxies = { httpProxy: proxy.url, httpsProxy: proxy.url };
		const headers = { 'proxy-authorization': basic('u:p') };

		const plain = await get(folder, `${origin.url}/a.gif`, open(proxies, { headers }));
		const tunnelled = await get(
			folder,
			`https://localhost:${port}/a.gif`,
			open(proxies, { headers }),
		);
		const direct = await get(
			folder,
			`${origin.url}/a.gif`,
			open({ ...proxies, noProxy: '*' }, { headers }),
		);

		expect([plain, tunnelled, direct]).toMatchObject(
			Array.from({ length: 3 }, () => ({ status: 'ok' })),
		);
		expect(fields).toEqual([undefined]);
		expect(origin.requests.map((request) => request.headers['proxy-authorization'])).toEqual([
			undefined,
			undefined,
		]);
	});

	it.for(['http', 'https'])(
		'are wanted: that is final, and names the proxy, for %s',
		async (scheme, { folder }) => {
			const proxy = await startProxy({ login: 'u:p' });
			const url = proxy.url.replace('//', '//u:wrong@');
			const context = open({ httpProxy: url, httpsProxy: url }, { retries: 3 });

			const outcome = await get(folder, `${scheme}://localhost:9/a.gif`, context);

			// No request follows a tunnel that was refused.
			const requests = scheme === 'http' ? 1 : 0;
			expect(outcome).toMatchObject({ status: 'error', requests, retries: 0 });
			expect(outcome.failure?.code).toBe('proxy_auth_required');
			expect(outcome.failure?.message).toContain(`the proxy ${proxy.host}`);
			expect(JSON.stringify(outcome)).not.toContain('wrong');
		},
	);
});

describe('a proxy that fails', () => {
	const SCHEMES = ['http', 'https'];

	it.for(SCHEMES)(
		'to be there is said to refuse, and asked again, for %s',
		async (scheme, { folder }) => {
			const gone = createServer();
			const port = await listen(gone);
			gone.close();
			const httpProxy = `http://u:secret@127.0.0.1:${port}`;
			const context = open({ httpProxy, httpsProxy: httpProxy }, { retries: 1 });

			const outcome = await get(folder, `${scheme}://localhost:9/a.gif`, context);

			expect(outcome).toMatchObject({ status: 'error', requests: 0, retries: 1 });
			expect(outcome.failure).toMatchObject({
				code: 'ECONNREFUSED',
				message: `connection refused by the proxy 127.0.0.1:${port}`,
			});
			expect(JSON.stringify(outcome)).not.toContain('secret');
		},
	);

	it.for(SCHEMES)('to have an address is named, for %s', async (scheme, { folder }) => {
		const url = 'http://proxy.invalid:3128';

		const outcome = await get(
			folder,
			`${scheme}://localhost:9/`,
			open({ httpProxy: url, httpsProxy: url }),
		);

		expect(outcome.failure?.message).toMatch(/the proxy proxy\.invalid:3128/);
		expect(outcome.failure?.code).toMatch(/ENOTFOUND|EAI_AGAIN/);
	});

	it.for([
		[502, 'proxy_failed', 2, '502 Bad Gateway'],
		[504, 'proxy_failed', 2, '504 Gateway Timeout'],
		[403, 'proxy_refused', 1, '403 Forbidden'],
	] as const)(
		'to connect, with %i, is %s after %i attempts',
		async ([status, code, attempts, text], { folder }) => {
			const proxy = await startProxy({ status });
			const context = open({ httpsProxy: proxy.url }, { retries: 1 });

			const outcome = await get(folder, 'https://localhost:9/a.gif', context);

			expect(outcome).toMatchObject({ status: 'error', requests: 0, retries: attempts - 1 });
			expect(outcome.failure).toMatchObject({
				code,
				message: `the proxy ${proxy.host} did not connect to localhost:9: ${text}`,
			});
			expect(outcome.attempts?.map((attempt) => attempt.code)).toEqual(Array(attempts).fill(code));
		},
	);

	it('to forward is named beside its status', async ({ server: origin, folder }) => {
		const proxy = await startProxy({ status: 502 });

		const outcome = await get(folder, `${origin.url}/a.gif`, open({ httpProxy: proxy.url }));

		expect(outcome.failure).toMatchObject({
			code: 'http_502',
			message: `502 Bad Gateway (through the proxy ${proxy.host})`,
		});
	});

	it('to answer is left after the time-outs', async ({ server: origin, folder }) => {
		const proxy = await startProxy({ silent: true });
		const options = { connectTimeoutMs: 300, stallTimeMs: 300 };
		const context = open({ httpProxy: proxy.url, httpsProxy: proxy.url }, options);

		const plain = await get(folder, `${origin.url}/a.gif`, context);
		const tunnelled = await get(folder, 'https://localhost:9/a.gif', context);

		expect(plain.failure).toMatchObject({ code: 'stalled' });
		expect(tunnelled.failure).toMatchObject({
			code: 'connect_timeout',
			message: `no connection through the proxy ${proxy.host} within 0.3 s`,
		});
		expect(await filesIn(folder)).toEqual([]);
	});
});
