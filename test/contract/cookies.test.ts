import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { collect } from '../helpers/collect.ts';
import { answerGif, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { strategies } from '../helpers/strategies.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

let server: HoldServer;
let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
	server = await startHoldServer();
	onTestFinished(async () => await server.close());
});

/** Redirects until the request has the cookie. */
function wall(path: string, location: string, setCookie: string): void {
	server.answer(path, (request, response) => {
		if (request.headers.cookie === undefined) {
			response.writeHead(302, { location, 'set-cookie': setCookie }).end();
		} else {
			answerGif(request, response);
		}
	});
}

/** Refuses requests without the cookie. */
function wants(path: string): void {
	server.answer(path, (request, response) => {
		if (request.headers.cookie === undefined) {
			response.writeHead(403).end();
		} else {
			answerGif(request, response);
		}
	});
}

const asked = () => server.requests.map(({ url, headers }) => [url, headers.cookie]);

describe.each(['async', 'threads', 'sequential'] as const)(
	'cookies of redirects, with %s',
	(name) => {
		async function get(path: string, options: Partial<DownloadOptions> = {}): Promise<Outcome> {
			const url = `${server.url}${path}`;
			const target = { id: url, index: 0, url, dest: join(folder, 'br.gif') };
			const [outcome] = await collect(
				strategies[name]([target], {
					options: { ...DEFAULT_OPTIONS, retries: 0, detail: true, ...options },
					concurrency: 1,
					threads: 1,
					signal: new AbortController().signal,
					outputDir: folder,
				}),
			);
			if (outcome === undefined) {
				throw new Error('no outcome');
			}
			expect(JSON.stringify(outcome)).not.toContain('secret');
			return outcome;
		}

		it('are sent to the same URL again', async () => {
			wall('/a.gif', '/a.gif', 'k=secret');

			expect(await get('/a.gif')).toMatchObject({ status: 'ok', requests: 2 });
			expect(asked()).toEqual([
				['/a.gif', undefined],
				['/a.gif', 'k=secret'],
			]);
		});

		it('are sent to where the redirect leads', async () => {
			wall('/gate', '/in.gif', 'k=secret; Path=/');
			wants('/in.gif');

			expect(await get('/gate')).toMatchObject({ status: 'ok', requests: 2 });
		});

		it('are sent to no other host', async () => {
			const elsewhere = new URL('/in.gif', server.url);
			elsewhere.hostname = 'localhost';
			wall('/gate', elsewhere.href, 'k=secret; Path=/');
			wants('/in.gif');

			expect((await get('/gate')).failure).toMatchObject({ code: 'http_403' });
		});

		it('are gone with the chain: the next try starts without', async () => {
			server.answer('/gate', (_request, response) => {
				const headers = { location: '/in.gif', 'set-cookie': 'k=secret; Path=/' };
				response.writeHead(302, headers).end();
			});
			server.answer('/in.gif', (request, response) => {
				if (server.requests.length > 2) {
					answerGif(request, response);
				} else {
					response.writeHead(503, { 'retry-after': '0' }).end();
				}
			});

			expect(await get('/gate', { retries: 1 })).toMatchObject({ status: 'ok', requests: 4 });
			expect(asked()).toEqual([
				['/gate', undefined],
				['/in.gif', 'k=secret'],
				['/gate', undefined],
				['/in.gif', 'k=secret'],
			]);
		});

		it('are not sent if -H has a Cookie', async () => {
			server.answer('/gate', (_request, response) => {
				const headers = { location: '/in.gif', 'set-cookie': 'k=secret; Path=/' };
				response.writeHead(302, headers).end();
			});

			const outcome = await get('/gate', { headers: { cookie: 'own=1' } });

			expect(outcome).toMatchObject({ status: 'ok', requests: 2 });
			expect(asked()).toEqual([
				['/gate', 'own=1'],
				['/in.gif', 'own=1'],
			]);
		});

		it('that do not change make a loop of the second time', async () => {
			server.answer('/a.gif', (_request, response) => {
				response.writeHead(302, { location: '/a.gif', 'set-cookie': 'k=secret' }).end();
			});

			const outcome = await get('/a.gif');

			expect(outcome).toMatchObject({ requests: 2, failure: { code: 'redirect_loop' } });
		});

		it('that change each time end with the number of redirects', async () => {
			server.answer('/a.gif', (_request, response) => {
				const setCookie = `k=secret${server.requests.length}`;
				response.writeHead(302, { location: '/a.gif', 'set-cookie': setCookie }).end();
			});

			const outcome = await get('/a.gif');

			expect(outcome).toMatchObject({ requests: 21, failure: { code: 'too_many_redirects' } });
		});
	},
);
