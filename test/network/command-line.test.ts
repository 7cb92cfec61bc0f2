import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { flagdl } from '../helpers/flagdl.ts';
import { GIF, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { startProxy } from '../helpers/proxy.ts';
import { suiteFolder, temporaryFolder } from '../helpers/temporary-folder.ts';
import { selfSigned, TestAuthority } from '../helpers/tls.ts';
import { listen } from './listen.ts';
import { isInstalled, startTinyproxy } from './programs.ts';
import { startTlsOrigin } from './tls-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const good = authority.issue('origin');
await writeFile(join(keys, 'ca.pem'), authority.cert);
const CACERT = ['--cacert', join(keys, 'ca.pem')];
const tinyproxy = isInstalled('tinyproxy', '-v');

let folder: string;
let origin: HoldServer;

beforeEach(async () => {
	folder = await temporaryFolder();
	origin = await startHoldServer();
	onTestFinished(async () => await origin.close());
});

const saved = async () => await readFile(join(folder, 'downloads', 'a.gif'));

describe('flagdl, over TLS', () => {
	it('downloads with --cacert, by each strategy', async () => {
		const { port, paths } = await startTlsOrigin(good);

		for (const strategy of ['async', 'threads']) {
			const args = [`https://localhost:${port}/a.gif`, '-d', strategy, '--strategy', strategy];
			const { code, stderr } = await flagdl([...args, ...CACERT], folder);

			expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
			expect(await readFile(join(folder, strategy, 'a.gif'))).toEqual(GIF);
		}
		expect(paths).toEqual(['/a.gif', '/a.gif']);
	});

	it('says what is wrong with a certificate, and exits with 1', async () => {
		const { port } = await startTlsOrigin(authority.issue('old', { days: [-9, -1] }));

		const { code, stderr } = await flagdl([`https://localhost:${port}/a.gif`, ...CACERT], folder);

		expect(code).toBe(1);
		expect(stderr).toContain(
			`the certificate of localhost:${port} has expired: certificate has expired (CERT_HAS_EXPIRED), 1 request, `,
		);
	});

	it('does not trust an authority of its own accord, and warns with --insecure', async () => {
		const { port } = await startTlsOrigin(selfSigned(keys, 'self'));
		const url = `https://localhost:${port}/a.gif`;

		const careful = await flagdl([url], folder);
		const insecure = await flagdl([url, '--insecure'], folder);

		expect(careful.code).toBe(1);
		expect(careful.stderr).toContain(`the certificate of localhost:${port} is self-signed`);
		expect(insecure.code).toBe(0);
		expect(insecure.stderr).toBe(
			'flagdl: certificates are not checked (--insecure): anybody on the way can answer\n',
		);
		expect(await saved()).toEqual(GIF);
	});

	it.each([
		['missing.pem', undefined, '--cacert: cannot read missing.pem: ENOENT'],
		['empty.pem', '', '--cacert: found no certificate in empty.pem; allowed: a file of PEM'],
		[
			'bad.pem',
			'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
			'--cacert: found a broken certificate in bad.pem; allowed: a file of PEM',
		],
	])('refuses %s as authority before it asks anybody', async (name, content, message) => {
		if (content !== undefined) await writeFile(join(folder, name), content);

		const { code, stderr } = await flagdl(['https://localhost:9/a', '--cacert', name], folder);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
	});
});

describe('flagdl, through a proxy', () => {
	it('finds it in the environment, for http', async () => {
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

	it('finds it in the environment, for https', async () => {
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

	it('of --proxy goes before the environment, by threads too; an empty one is none', async () => {
		const proxy = await startProxy();
		const env = { http_proxy: 'http://127.0.0.1:9' };
		const url = `${origin.url}/a.gif`;

		const given = ['--proxy', proxy.url, '--strategy', 'threads'];
		const through = await flagdl([url, ...given], folder, { env });
		const direct = await flagdl([url, '--proxy', '', '-d', 'direct'], folder, { env });

		expect([through.stderr, direct.stderr]).toEqual(['', '']);
		expect(proxy.seen).toMatchObject([{ target: url }]);
	});

	it('does not ask it for the bundled server, whatever no_proxy says', async () => {
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

	it('keeps its password to itself when it fails', async () => {
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

	it.skipIf(!tinyproxy)('works with tinyproxy: plain, tunnels, a password, a refusal', async () => {
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
	});
});

describe('flagdl, with a user and password in a URL', () => {
	const LOGIN = 'me:s%40cret';
	const BASIC = `Basic ${Buffer.from('me:s@cret').toString('base64')}`;

	it('sends them as Basic, tells them nobody, and keeps them for another run', async () => {
		const mirror = await startHoldServer();
		onTestFinished(async () => await mirror.close());
		for (const server of [origin, mirror]) {
			server.answer(undefined, ({ headers }, response) => {
				response.writeHead(headers.authorization === BASIC ? 503 : 401).end();
			});
		}
		const withLogin = (url: string) => url.replace('//', `//${LOGIN}@`);
		const list = [
			`${withLogin(origin.url)}/a.gif\tx/a.gif`,
			JSON.stringify({ url: `${origin.url}/b.gif`, mirrors: [withLogin(mirror.url)] }),
		];
		await writeFile(join(folder, 'list'), list.join('\n'));
		const kinds = ['json', 'ndjson', 'csv', 'xml', 'md', 'html'];
		const reports = kinds.flatMap((kind) => ['--report', `r.${kind}`]);
		const common = ['-i', 'list', '--retry', '0', '--failed-file', 'failed', ...reports];

		const plain = await flagdl([...common, '-v'], folder);
		const json = await flagdl([...common, '--json'], folder);
		const plan = await flagdl(['-i', 'list', '--dry-run', '--json'], folder);

		expect([plain.code, json.code, plan.code]).toEqual([1, 1, 0]);
		const told = [plain, json, plan].map(({ stdout, stderr }) => stdout + stderr);
		for (const kind of kinds) told.push(await readFile(join(folder, `r.${kind}`), 'utf8'));
		for (const text of told) {
			expect(text).toContain(`${origin.url}/a.gif`);
			expect(text).not.toMatch(/s(@|%40)cret/);
			expect(text).not.toContain(BASIC.slice(6));
		}
		expect(plain.stdout).toContain('503 Service Unavailable (http_503)');

		const failed = await readFile(join(folder, 'failed'), 'utf8');
		expect(failed).toContain(`${withLogin(origin.url)}/a.gif\tx/a.gif`);
		expect((await stat(join(folder, 'failed'))).mode & 0o777).toBe(0o600);
		for (const server of [origin, mirror]) {
			server.answer(undefined, ({ headers, url }, response) => {
				const allowed = headers.authorization === BASIC || url === '/b.gif';
				response.writeHead(allowed ? 200 : 401).end(GIF);
			});
		}
		const again = await flagdl(['-i', 'failed'], folder);
		expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
	});

	it.each([
		[['br', '-s', 'URL/flags', '--with-names']],
		[['br', '--template', 'URL/{cc}.gif']],
		[['br', '-s', 'ELSE', '--mirror', 'URL', '--retry', '0']],
		[['URL/a.gif']],
	])('sends them for %j', async (args) => {
		const elsewhere = await startHoldServer();
		onTestFinished(async () => await elsewhere.close());
		elsewhere.answer(undefined, (_request, response) => response.writeHead(500).end());
		origin.answer(undefined, ({ headers, url }, response) => {
			response.writeHead(headers.authorization === BASIC ? 200 : 401);
			response.end(url?.endsWith('.json') === true ? '{"country": "Brazil"}' : GIF);
		});
		const url = origin.url.replace('//', `//${LOGIN}@`);
		const filled = args.map((arg) => arg.replace('URL', url).replace('ELSE', elsewhere.url));

		const { code, stdout, stderr } = await flagdl([...filled, '--json'], folder);

		expect(code).toBe(0);
		expect(stdout + stderr).not.toContain('cret');
		expect(elsewhere.requests.every(({ headers }) => headers.authorization === undefined)).toBe(
			true,
		);
	});
});

describe('flagdl, with mirrors', () => {
	it('takes the first good answer, and leaves the slower one', async () => {
		const mirror = await startHoldServer();
		onTestFinished(async () => await mirror.close());
		origin.hold('/a.gif', '/b.gif');
		const list = [
			`${origin.url}/a.gif`,
			JSON.stringify({ url: `${origin.url}/b.gif`, mirrors: [`${mirror.url}/other.gif`] }),
		];

		const args = ['-i', '-', '--mirror', mirror.url, '--json'];
		const { code, stdout } = await flagdl(args, folder, { input: list.join('\n') });
		await origin.idle();

		const end = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
		expect(code).toBe(0);
		expect(end).toMatchObject({ totals: { ok: 2 }, requests: 4 });
		// The head start of a second, and nothing that is waited for in vain.
		expect(end['wallMs']).toBeGreaterThan(900);
		expect(end['wallMs']).toBeLessThan(1900);
		expect(mirror.requests.map(({ url }) => url).sort()).toEqual(['/a.gif', '/other.gif']);
		expect((await readdir(join(folder, 'downloads'))).sort()).toEqual(['a.gif', 'b.gif']);
	});
});

describe('flagdl, by default', () => {
	it('gets everything whole from a flaky server and from one with a rate limit', async () => {
		await Promise.all(
			['flaky', 'rate-limited'].map(async (scenario) => {
				const args = ['--all', '--scenario', scenario, '-d', scenario];
				const { code, stdout } = await flagdl(args, folder);

				expect(code).toBe(0);
				expect(stdout).toMatch(/^249 flags, 1\.1 MB in /);
				for (const name of await readdir(join(folder, scenario))) {
					const fixture = new URL(
						`../../fixtures/flags/${name.slice(0, 2)}/${name}`,
						import.meta.url,
					);
					const content = await readFile(join(folder, scenario, name));
					expect(content.equals(await readFile(fixture))).toBe(true);
				}
			}),
		);
	});
});
