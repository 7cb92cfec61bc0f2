import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith, download } from '../helpers/download.ts';
import { GIF, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { suiteFolder, temporaryFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';
import { startTlsOrigin, type TlsOrigin } from './tls-origin.ts';

const keys = await suiteFolder();
const authority = new TestAuthority(keys, 'authority');
const identity = authority.issue('origin');

let folder: string;
let home: HoldServer;
let abroad: HoldServer;

beforeEach(async () => {
	folder = await temporaryFolder();
	home = await startHoldServer();
	abroad = await startHoldServer();
	onTestFinished(async () => {
		await home.close();
		await abroad.close();
	});
});

async function get(
	url: string,
	options: Partial<DownloadOptions> = {},
	more: Partial<Target> = {},
): Promise<Outcome> {
	const target = { id: url, index: 0, url, dest: join(folder, 'a.gif'), ...more };
	const context = contextWith({ retries: 0, caCertificates: authority.cert, ...options });
	return await download(target, context);
}

function redirect(
	from: HoldServer,
	path: string,
	location: string | undefined,
	status = 302,
): void {
	from.answer(path, (_request, response: ServerResponse) => {
		const headers = location === undefined ? {} : { location };
		response.writeHead(status, { ...headers, 'content-type': 'text/html' }).end('<a>moved</a>');
	});
}

async function startRedirectingTls(location: string): Promise<TlsOrigin> {
	return await startTlsOrigin(identity, {
		answer: (_request, response) => response.writeHead(302, { location }).end(),
	});
}

const paths = ({ requests }: HoldServer) => requests.map(({ url }) => url);

describe('a redirect', () => {
	it.each([300, 301, 302, 303, 307, 308])('of %i is followed', async (status) => {
		redirect(home, '/a', '/b/c.gif', status);

		const outcome = await get(`${home.url}/a`);

		expect(outcome).toMatchObject({ status: 'ok', requests: 2, retries: 0, httpStatus: 200 });
		expect(outcome.attempts).toMatchObject([
			{ status, url: `${home.url}/a` },
			{ status: 200, url: `${home.url}/b/c.gif` },
		]);
		expect(paths(home)).toEqual(['/a', '/b/c.gif']);
		expect(home.connections).toBeLessThanOrEqual(2);
	});

	it.each([
		[300, undefined],
		[305, '/b'],
		[306, '/b'],
	])('is not what %i with Location: %s means', async (status, location) => {
		redirect(home, '/a', location, status);

		const outcome = await get(`${home.url}/a`);

		expect(outcome).toMatchObject({ requests: 1, failure: { code: `http_${status}` } });
	});

	it.each([
		['b', '/x/b'],
		['../b?c=d', '/b?c=d'],
		['?c', '/x/a?c'],
		['/b#part', '/b'],
		['/b c', '/b%20c'],
		['/b%20c', '/b%20c'],
		// Many servers send UTF-8, some Latin-1.
		[Buffer.from('/é').toString('latin1'), '/%C3%A9'],
		['/\xe9', '/%C3%A9'],
	])('to %j goes on to %s', async (location, path) => {
		redirect(home, '/x/a', location);

		const outcome = await get(`${home.url}/x/a`);

		expect(outcome.status).toBe('ok');
		expect(paths(home)).toEqual(['/x/a', path]);
	});

	it('leads from http to https, and on to https', async () => {
		const end = await startTlsOrigin(identity);
		const secure = await startRedirectingTls(`https://localhost:${end.port}/end.gif`);
		redirect(home, '/a', `https://localhost:${secure.port}/b`);

		const outcome = await get(`${home.url}/a`);

		expect(outcome).toMatchObject({ status: 'ok', requests: 3 });
		expect([paths(home), secure.paths, end.paths]).toEqual([['/a'], ['/b'], ['/end.gif']]);
	});

	it.each([
		[undefined, 'bad_redirect', 'a redirect to nowhere: no Location'],
		['ftp://u:secret@h/a', 'bad_redirect', 'a redirect to ftp: is not followed'],
		['file:///etc/passwd', 'bad_redirect', 'a redirect to file: is not followed'],
		['http://u:secret@[bad/', 'bad_redirect', 'a redirect to http://[bad/'],
		['//h:99999/a', 'bad_redirect', 'a redirect to //h:99999/a, which is no URL'],
		['/a', 'redirect_loop', '/a leads back to '],
		['', 'redirect_loop', '/a leads back to '],
	])('to %s is %s, once and for all', async (location, code, message) => {
		redirect(home, '/a', location);

		const outcome = await get(`${home.url}/a`, { retries: 3 });

		expect(outcome).toMatchObject({ status: 'error', requests: 1, failure: { code } });
		expect(outcome.failure?.message).toContain(message);
		expect(JSON.stringify(outcome)).not.toContain('secret');
	});

	describe('from https to http', () => {
		const digest = { sha256: createHash('sha256').update(GIF).digest('hex') };

		it.each([
			['from the list', (secure: number) => `https://localhost:${secure}/a.gif`, 1],
			['after one from http', () => `${home.url}/a.gif`, 2],
		])('is an error that is not tried again, %s', async (_name, urlOf, requests) => {
			const secure = await startRedirectingTls(`${abroad.url}/end.gif`);
			redirect(home, '/a.gif', `https://localhost:${secure.port}/a.gif`);

			const outcome = await get(urlOf(secure.port), { retries: 3 });

			expect(outcome).toMatchObject({ status: 'error', requests, retries: 0 });
			expect(outcome.failure).toMatchObject({
				code: 'insecure_redirect',
				message: `a redirect from https, allowed with a digest of the file or --insecure, to ${abroad.url}/end.gif`,
			});
			expect(paths(abroad)).toEqual([]);
			expect(await readdir(folder)).toEqual([]);
		});

		it.each([
			['the target has a digest', {}, digest],
			['`insecure` is given', { insecure: true }, {}],
		])('is followed if %s', async (_name, options, more) => {
			const secure = await startRedirectingTls(`${abroad.url}/end.gif`);
			const url = `https://localhost:${secure.port}/a.gif`;

			const outcome = await get(url, options, more);

			expect(outcome).toMatchObject({ status: 'ok', requests: 2 });
			expect(paths(abroad)).toEqual(['/end.gif']);
		});

		it('is an error for metadata, whose content the digest of the file does not prove', async () => {
			const secure = await startRedirectingTls(`${abroad.url}/metadata.json`);
			abroad.answer('/metadata.json', (_request, response) => {
				response.end('{"country":"Atlantis"}');
			});
			const metadataUrl = `https://localhost:${secure.port}/metadata.json`;
			const naming = { metadataUrl, directory: folder, extension: '.gif' };

			const outcome = await get(`${home.url}/a.gif`, {}, { naming, ...digest });

			expect(outcome).toMatchObject({ requests: 1, failure: { code: 'insecure_redirect' } });
			expect([paths(home), paths(abroad)]).toEqual([[], []]);
		});

		it('fails a mirror, and the next one is asked', async () => {
			const secure = await startRedirectingTls(`${abroad.url}/end.gif`);
			const url = `https://localhost:${secure.port}/a.gif`;

			const outcome = await get(url, {}, { mirrors: [`${home.url}/mirror.gif`] });

			expect(outcome.status).toBe('ok');
			expect([paths(home), paths(abroad)]).toEqual([['/mirror.gif'], []]);
		});
	});

	it('in a circle of three is noticed', async () => {
		redirect(home, '/a', '/b');
		redirect(home, '/b', `${abroad.url}/c`);
		redirect(abroad, '/c', `${home.url}/a#again`);

		const outcome = await get(`${home.url}/a`, { retries: 3 });

		expect(outcome).toMatchObject({ requests: 3, failure: { code: 'redirect_loop' } });
	});

	it.each([
		[20, 'ok', 21],
		[21, 'error', 21],
	])('may follow on another, %i times: %s', async (hops, status, requests) => {
		for (let hop = 0; hop < hops; hop += 1) {
			redirect(home, `/${hop}`, `/${hop + 1}`);
		}

		const outcome = await get(`${home.url}/0`);

		expect(outcome).toMatchObject({ status, requests });
		if (status === 'error') {
			expect(outcome.failure).toMatchObject({
				code: 'too_many_redirects',
				message: 'more than 20 redirects',
			});
		}
	});

	it('starts afresh with each try', async () => {
		redirect(home, '/a', '/b');
		let asked = 0;
		home.answer('/b', (_request, response) => {
			asked += 1;
			response.writeHead(asked < 3 ? 503 : 200).end('content');
		});
		home.holds('/a', Buffer.from('content'));

		const outcome = await get(`${home.url}/a`, { retries: 3 }, { dest: join(folder, 'a') });

		expect(outcome).toMatchObject({ status: 'ok', requests: 6, retries: 2 });
	});
});
