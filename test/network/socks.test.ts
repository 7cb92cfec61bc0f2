import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it as itself } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { answerGif, GIF } from '../helpers/hold-server.ts';
import { startProxy } from '../helpers/proxy.ts';
import { startSocks, type TestSocks } from '../helpers/socks.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';
import { listen } from './listen.ts';
import { startTlsOrigin } from './tls-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const good = authority.issue('origin', { names: ['DNS:localhost', 'DNS:far.example'] });
await writeFile(join(keys, 'ca.pem'), authority.cert);
const CACERT = ['--cacert', join(keys, 'ca.pem')];
const ONCE = ['--retry', '0'];

const it = itself
	.extend('socks', async (): Promise<TestSocks> => await startSocks())
	/** Port of a TLS origin. */
	.extend('tlsPort', async (): Promise<number> => (await startTlsOrigin(good)).port);

describe('flagdl, through a proxy of SOCKS', () => {
	it.for(['async', 'threads', 'sequential'])(
		'downloads over http and https, with the strategy %s',
		async (strategy, { server, folder, tlsPort }) => {
			const socks = await startSocks({ slowly: true });
			const plain = server.url.replace('http://', '');

			const args = [
				`${server.url}/a.gif`,
				`${server.url}/b.gif`,
				`https://localhost:${tlsPort}/c.gif`,
			];
			const how = ['-x', `socks5h://${socks.host}`, '--strategy', strategy, '-c', '1', ...CACERT];
			const { code, stderr } = await flagdl([...args, ...how], folder);

			expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
			expect(new Set(socks.asked)).toEqual(new Set([plain, `localhost:${tlsPort}`]));
			for (const name of ['a', 'b', 'c']) {
				expect(await readFile(join(folder, 'downloads', `${name}.gif`))).toEqual(GIF);
			}
		},
	);

	it('keeps connections to an origin', async ({ server, folder, socks }) => {
		const urls = Array.from({ length: 9 }, (_, index) => `${server.url}/${index}.gif`);

		await flagdl([...urls, '-c', '1', '-x', `socks5://${socks.host}`], folder);

		expect(socks.asked).toHaveLength(1);
		expect(server.connections).toBe(1);
	});

	it('lets the proxy look names up with socks5h, and looks them up itself with socks5', async ({
		folder,
		tlsPort,
	}) => {
		const socks = await startSocks({ to: tlsPort });
		const far = `https://far.example:${tlsPort}/a.gif`;

		const h = await flagdl([far, '-x', `socks5h://${socks.host}`, ...CACERT], folder);
		const here = await flagdl(
			[far, '-d', 'b', '-x', `socks5://${socks.host}`, ...CACERT, ...ONCE],
			folder,
		);
		const given = ['--resolve', `far.example:${tlsPort}:[2001:db8::7]`];
		const pinned = await flagdl(
			[far, '-d', 'c', '-x', `socks5://${socks.host}`, ...CACERT, ...given],
			folder,
		);

		expect(h.code).toBe(0);
		expect(here.code).toBe(1);
		expect(here.stderr).toMatch(/host not found: far\.example|cannot be resolved/);
		expect(pinned).toMatchObject({ code: 0, stderr: '' });
		expect(socks.asked).toEqual([`far.example:${tlsPort}`, `2001:db8::7:${tlsPort}`]);
	});

	it('is found in ALL_PROXY, and left out for no_proxy', async ({ server, folder, socks }) => {
		const env = { ALL_PROXY: `socks5://${socks.host}` };

		const through = await flagdl([`${server.url}/a.gif`], folder, { env });
		expect(through).toMatchObject({ code: 0, stderr: '' });
		expect(socks.asked).toHaveLength(1);

		const direct = { env: { ...env, no_proxy: '127.0.0.0/8' } };
		await flagdl([`${server.url}/b.gif`], folder, direct);
		expect(socks.asked).toHaveLength(1);
	});

	it('takes one proxy for http and another for https', async ({
		server,
		folder,
		socks,
		tlsPort,
	}) => {
		const proxy = await startProxy();
		const env = { http_proxy: proxy.url, https_proxy: `socks5h://${socks.host}` };
		const urls = [`${server.url}/a.gif`, `https://localhost:${tlsPort}/b.gif`];

		const { code } = await flagdl([...urls, ...CACERT], folder, { env });

		expect(code).toBe(0);
		expect(proxy.seen.map(({ target }) => target)).toEqual([`${server.url}/a.gif`]);
		expect(socks.asked).toEqual([`localhost:${tlsPort}`]);
	});

	it('follows a redirect from http to https, and asks a mirror', async ({
		server,
		folder,
		socks,
		tlsPort,
	}) => {
		server.answer('/a.gif', (_, response) => {
			response.writeHead(302, { location: `https://localhost:${tlsPort}/x.gif` }).end();
		});
		server.answer('/b.gif', (_, response) => response.writeHead(404).end());
		const mirror = createServer(answerGif);
		const mirrorPort = await listen(mirror);
		const urls = [`${server.url}/a.gif`, `${server.url}/b.gif`];

		const { code } = await flagdl(
			[
				...urls,
				'--mirror',
				`http://127.0.0.1:${mirrorPort}`,
				'-x',
				`socks5://${socks.host}`,
				...CACERT,
			],
			folder,
		);

		expect(code).toBe(0);
		expect(socks.asked.join()).toContain(`127.0.0.1:${mirrorPort}`);
	});

	it('logs in with the user and password of its URL, of which no message has anything', async ({
		server,
		folder,
	}) => {
		const socks = await startSocks({ login: 'me:S3CR:ET/ü' });
		const url = (login: string) => `socks5://${login}${socks.host}`;
		const args = (login: string) => [`${server.url}/a.gif`, '-x', url(login), ...ONCE];

		const right = await flagdl([...args('me:S3CR%3AET%2F%C3%BC@'), '-d', 'right'], folder);
		const wrong = await flagdl([...args('me:S3CRET@'), '-d', 'wrong'], folder);
		const none = await flagdl([...args(''), '-d', 'none'], folder);

		expect(right.code).toBe(0);
		expect(wrong.code).toBe(1);
		expect(wrong.stderr).toContain(
			`the proxy ${socks.host} did not connect to ${server.url.slice(7)}: it wants another user or password`,
		);
		expect(none.stderr).toContain('it wants a user and password');
		expect(right.stderr + wrong.stderr).not.toMatch(/S3CR/);
	});

	it.for<[what: string, options: Parameters<typeof startSocks>[0], message: string]>([
		['its rules', { reply: 2 }, 'its rules do not allow it'],
		['a host out of reach', { reply: 4 }, 'the host is out of reach'],
		['a reply that there is not', { reply: 99 }, 'it says 99'],
		[
			'HTTP',
			{ greeting: [...Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')] },
			'it does not speak SOCKS 5',
		],
		['SOCKS 4', { greeting: [0, 0x5b] }, 'it does not speak SOCKS 5'],
		['half an answer', { greeting: [5] }, 'it closed the connection early'],
		['a login of Kerberos', { greeting: [5, 1] }, 'it wants a user and password'],
		['silence', { silent: true }, 'no connection within 0.3 s'],
	])('says what is wrong: %s', async ([, options, message], { server, folder }) => {
		const socks = await startSocks(options);

		const { code, stderr } = await flagdl(
			[
				`${server.url}/a.gif`,
				'-x',
				`socks5://${socks.host}`,
				...ONCE,
				'--connect-timeout',
				'300ms',
			],
			folder,
		);

		expect(code).toBe(1);
		expect(stderr).toContain(
			`the proxy ${socks.host} did not connect to ${server.url.slice(7)}: ${message}`,
		);
		expect(server.requests).toEqual([]);
	});

	it('says that the proxy itself is not there', async ({ server, folder }) => {
		const { code, stderr } = await flagdl(
			[`${server.url}/a.gif`, '-x', 'socks5://127.0.0.1:1', ...ONCE],
			folder,
		);

		expect(code).toBe(1);
		expect(stderr).toContain('connection refused by the proxy 127.0.0.1:1');
	});

	it.for([
		'socks4://h',
		'socks://h:1',
		'socks5://',
		'socks5://h:99999',
		'socks5://me:S3C#RET@h',
		'ftp://h',
	])('refuses %s', async (proxy, { folder }) => {
		const { code, stderr } = await flagdl(['http://127.0.0.1:1/a', '-x', proxy], folder);

		expect(code).toBe(2);
		expect(stderr).toContain('allowed: a proxy of HTTP or SOCKS 5');
		expect(stderr).not.toContain('RET');
	});
});
