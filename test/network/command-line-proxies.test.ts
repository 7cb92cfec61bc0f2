import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { startProxy } from '../helpers/proxy.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';
import { listen } from './listen.ts';
import { isInstalled, startTinyproxy } from './programs.ts';
import { startTlsOrigin } from './tls-origin.ts';

const tinyproxy = isInstalled('tinyproxy', '-v');
const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const good = authority.issue('origin');
await writeFile(join(keys, 'ca.pem'), authority.cert);
const CACERT = ['--cacert', join(keys, 'ca.pem')];

describe('flagdl, through a proxy', () => {
	it('finds it in the environment, for http', async ({ server: origin, folder }) => {
		const cases: [env: (proxy: string) => Record<string, string>, requests: number][] = [
			[(proxy) => ({ http_proxy: proxy }), 1],
			[(proxy) => ({ HTTP_PROXY: proxy }), 1],
			[(proxy) => ({ ALL_PROXY: proxy }), 1],
			[(proxy) => ({ https_proxy: proxy }), 0],
			[(proxy) => ({ http_proxy: proxy, no_proxy: '.example, 127.0.0.0/8' }), 0],
			[(proxy) => ({ http_proxy: proxy, NO_PROXY: '*' }), 0],
			[(proxy) => ({ http_proxy: proxy, no_proxy: '127.0.0.1:9' }), 1],
		];

		await Promise.all(
			cases.map(async ([env, requests], index) => {
				const proxy = await startProxy();
				const args = [`${origin.url}/a.gif`, '-d', `${index}`];
				const { code, stderr } = await flagdl(args, folder, { env: env(proxy.url) });

				expect({ code, stderr, index }).toEqual({ code: 0, stderr: '', index });
				expect(proxy.seen).toHaveLength(requests);
			}),
		);
	});

	it('finds it in the environment, for https', async ({ folder }) => {
		const { port } = await startTlsOrigin(good);
		const cases: [names: readonly string[], tunnels: number][] = [
			[['https_proxy'], 1],
			[['HTTPS_PROXY'], 1],
			[['all_proxy'], 1],
			[['http_proxy', 'HTTP_PROXY'], 0],
		];

		await Promise.all(
			cases.map(async ([names, tunnels]) => {
				const proxy = await startProxy();
				const env = Object.fromEntries(names.map((name) => [name, proxy.host]));
				const args = [`https://localhost:${port}/a.gif`, '-d', names.join(''), ...CACERT];
				const { code, stderr } = await flagdl(args, folder, { env });

				expect({ code, stderr, names }).toEqual({ code: 0, stderr: '', names });
				expect(proxy.seen).toHaveLength(tunnels);
			}),
		);
	});

	it('of --proxy goes before the environment, by threads too; an empty one is none', async ({
		server: origin,
		folder,
	}) => {
		const proxy = await startProxy();
		const env = { http_proxy: 'http://127.0.0.1:9' };
		const url = `${origin.url}/a.gif`;

		const given = ['--proxy', proxy.url, '--strategy', 'threads'];
		const through = await flagdl([url, ...given], folder, { env });
		const direct = await flagdl([url, '--proxy', '', '-d', 'direct'], folder, { env });

		expect([through.stderr, direct.stderr]).toEqual(['', '']);
		expect(proxy.seen).toMatchObject([{ target: url }]);
	});

	it('does not ask it for the bundled server, whatever no_proxy says', async ({
		server: origin,
		folder,
	}) => {
		const env = { http_proxy: 'http://127.0.0.1:9', no_proxy: 'nothing.example' };
		const list = `br\n${origin.url}/a.gif\n`;

		const flags = await flagdl(['br', 'cn'], folder, { env });
		const args = ['-i', '-', '-d', 'both', '--retry', '0'];
		const both = await flagdl(args, folder, { env, input: list });
		const neither = await flagdl(args, folder, { env: { ...env, no_proxy: '*' }, input: list });

		expect({ code: flags.code, stderr: flags.stderr }).toEqual({ code: 0, stderr: '' });
		expect(both.stderr).toMatch(/connection refused by the proxy 127\.0\.0\.1:9/);
		expect(neither.code).toBe(0);
		expect((await readdir(join(folder, 'both'))).sort()).toEqual(['a.gif', 'br.gif']);
	});

	it('keeps its password to itself when it fails', async ({ server: origin, folder }) => {
		const gone = createServer();
		const port = await listen(gone);
		gone.close();
		const wanting = await startProxy({ login: 'u:p' });
		const url = `${origin.url}/a.gif`;
		const reports = ['--json', '--report', 'r.json', '--report', 'r.html', '--retry', '0'];

		for (const host of [`127.0.0.1:${port}`, wanting.host, 'bad host']) {
			const args = [url, ...reports, '--proxy', `http://me:secret@${host}`];
			const { code, stdout, stderr } = await flagdl(args, folder);

			expect(code).toBe(host === 'bad host' ? 2 : 1);
			expect(stderr).toContain(host);
			expect(stdout + stderr).not.toContain('secret');
		}
		const all = await readdir(folder);
		for (const name of all.filter((file) => file.startsWith('r.'))) {
			expect(await readFile(join(folder, name), 'utf8')).not.toContain('secret');
		}
		expect(all).toContain('r.html');
	});

	it.skipIf(!tinyproxy)(
		'works with tinyproxy: plain, tunnels, a password, a refusal',
		async ({ server: origin, folder }) => {
			const lines = 'BasicAuth me word\nConnectPort 1\n';
			const { port } = await startTlsOrigin(good);
			const url = await startTinyproxy(
				join(folder, 'tinyproxy'),
				lines.replace('ConnectPort 1', `ConnectPort ${port}`),
			);
			const proxy = url.replace('//', '//me:word@');
			const targets = [`${origin.url}/a.gif`, `https://localhost:${port}/b.gif`];
			const common = [...CACERT, '--retry', '0', '-v'];

			const through = await flagdl([...targets, ...common, '--proxy', proxy], folder);
			const wanting = await flagdl([...targets, ...common, '--proxy', url, '-d', 'no'], folder);
			const refusing = await flagdl(['https://localhost:9/a', ...common, '--proxy', proxy], folder);

			expect({ code: through.code, stderr: through.stderr }).toEqual({ code: 0, stderr: '' });
			expect(await readdir(join(folder, 'downloads'))).toEqual(['a.gif', 'b.gif']);
			expect(origin.requests[0]?.headers['via']).toContain('tinyproxy');
			expect(wanting.stdout.match(/proxy_auth_required/g)).toHaveLength(2);
			expect(refusing.stdout).toMatch(
				/the proxy 127\.0\.0\.1:\d+ did not connect to localhost:9: 403/,
			);
		},
	);
});
