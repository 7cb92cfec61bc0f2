import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { DownloadError } from '../../src/download/errors.ts';
import { type DownloadProgress, download } from '../../src/library/download.ts';
import { collect } from '../helpers/collect.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF } from '../helpers/hold-server.ts';

const NONE = { ok: 0, unchanged: 0, skipped: 0, not_found: 0, error: 0, cancelled: 0 };

describe.each(['async', 'threads', 'sequential'] as const)('the library, by %s,', (strategy) => {
	it('saves in several directories, and leaves nothing else in them', async ({
		server,
		folder,
	}) => {
		const large = Buffer.alloc(300_000, 1);
		server.answer('/large', (_request, response) => response.end(large));
		const targets = ['a/1', 'a/2', 'b/c/1', 'large'].map((path) => ({
			url: `${server.url}/${path}`,
			dest: join(folder, path),
		}));

		const outcomes = await collect(download(targets, { strategy, threads: 2 }));

		expect(outcomes.map(({ status, bytes }) => [status, bytes]).sort()).toEqual(
			[['ok', large.length], ...Array.from({ length: 3 }, () => ['ok', GIF.length])].sort(),
		);
		expect((await readdir(folder, { recursive: true })).sort()).toEqual(
			['a', 'a/1', 'a/2', 'b', 'b/c', 'b/c/1', 'large'].sort(),
		);
	});

	it.for(['.flagdl', '.flagdl/run/a.bin', 'x/.FLAGDL/a.bin', 'x/.flagdl-state.json'])(
		'has no target at %s',
		async (path, { folder }) => {
			const target = { url: 'http://127.0.0.1:9/a', dest: join(folder, path) };

			await expect(download([target], { strategy })).rejects.toThrow(
				/^dest must not have \.flagdl.* in it, found .*: flagdl itself needs that name$/i,
			);
			expect(await readdir(folder)).toEqual([]);
		},
	);

	it('saves a URL by its name in dir, and gives all outcomes when it is awaited', async ({
		server,
		folder,
	}) => {
		server.answer('/404', (_request, response) => response.writeHead(404).end());
		const dir = join(folder, 'new/dir');
		const paths = ['/x/a.gif', '/b%20c.gif?q=1', '/folder/', '/..%2F..%2Fevil.gif', '/404'];

		const { totals, outcomes } = await download(
			paths.map((path, index) => (index === 0 ? new URL(path, server.url) : server.url + path)),
			{ dir, strategy, retries: 0 },
		);

		expect(totals).toEqual({ ...NONE, ok: 4, not_found: 1 });
		expect(outcomes.map(({ target }) => target.id).sort()).toEqual(
			paths.map((path) => server.url + path).sort(),
		);
		expect((await readdir(dir)).sort()).toEqual([
			'.._.._evil.gif',
			'a.gif',
			'b c.gif',
			'index.html',
		]);
		expect(await readdir(folder)).toEqual(['new']);
	});

	it('has an outcome for what it cannot ask for, and for a name that is taken', async ({
		server,
		folder,
	}) => {
		const urls = ['ftp://x/a', 'br', `${server.url}/1/A.gif`, `${server.url}/2/a.gif`];

		const { totals, outcomes } = await download(urls, { dir: folder, strategy });

		expect(totals).toEqual({ ...NONE, ok: 1, error: 3 });
		expect(outcomes.map(({ target, failure }) => [target.index, failure?.code]).sort()).toEqual([
			[0, 'bad_url'],
			[1, 'bad_url'],
			[2, undefined],
			[3, 'destination_taken'],
		]);
	});

	it('does not name a file as another URL has it by its dest', async ({ server, folder }) => {
		const other = { url: `${server.url}/1`, dest: 'A' };
		const same = { url: `${server.url}/b`, dest: 'b' };
		const targets = [other, `${server.url}/a`, same, `${server.url}/b`];

		const { outcomes } = await download(targets, { dir: folder, strategy });

		const codes = outcomes.map(({ target, failure }) => [target.index, failure?.code]).sort();
		expect(codes).toEqual([
			[0, undefined],
			[1, 'destination_taken'],
			[2, undefined],
			[3, undefined],
		]);
	});

	it('refuses a file where another has its folder, before its first request', async ({
		server,
		folder,
	}) => {
		const dests = ['x', 'X/y', 'a/b/c/d', 'A/b', 'a/b/c/e', 'a/bb/c', 'x'];
		const targets = dests.map((dest, index) => ({ url: `${server.url}/${index}`, dest }));

		const { outcomes } = await download(targets, { dir: folder, strategy });

		const codes = outcomes.map(({ target, failure }) => [target.index, failure?.code]);
		expect(codes.filter(([, code]) => code !== undefined).sort()).toEqual([
			[1, 'destination_taken'],
			[3, 'destination_taken'],
		]);
		expect(outcomes.filter(({ failure }) => failure).map(({ requests }) => requests)).toEqual([
			0, 0,
		]);
	});

	it('ends what is in flight when the iteration is left', async ({ server, folder }) => {
		server.hold('/1', '/2');
		const urls = [0, 1, 2].map((number) => `${server.url}/${number}`);

		for await (const { status } of download(urls, { dir: folder, strategy, concurrency: 3 })) {
			expect(status).toBe('ok');
			break;
		}

		await server.idle();
		expect(await readdir(folder)).toEqual(['0']);
	});

	it('ends a pending next() by return(), and is not awaited then', async ({ server, folder }) => {
		server.hold();
		const run = download([`${server.url}/a`], { dir: folder, strategy });
		const pending = run.next();
		await server.arrivals(1);

		expect(await run.return()).toEqual({ done: true, value: undefined });

		expect((await pending).value?.status).toBe('cancelled');
		await server.idle();
		await expect(run).rejects.toThrow('this download is iterated; to await it, call');
	});

	it('ends by a signal, and tells of each target of an array', async ({ server, folder }) => {
		server.hold();
		const stop = new AbortController();
		const urls = Array.from({ length: 50 }, (_, number) => `${server.url}/${number}`);
		const run = download(urls, { dir: folder, strategy, concurrency: 2, signal: stop.signal });
		const result = run.then(({ totals }) => totals);
		await server.arrivals(1);

		stop.abort(new Error('enough'));

		expect(await result).toEqual({ ...NONE, cancelled: 50 });
		expect(await readdir(folder)).toEqual([]);
	});

	it('ends by a signal whatever its source does', async ({ server, folder }) => {
		const stop = new AbortController();
		async function* silent() {
			yield `${server.url}/a`;
			await new Promise(() => {});
		}
		function* endless() {
			for (let number = 0; ; number += 1) {
				yield `${server.url}/${number}`;
			}
		}
		const settings = { dir: folder, strategy, signal: stop.signal };
		const runs = [download(silent(), settings), download(endless(), settings)];
		const results = Promise.all(runs);
		await server.arrivals(10);

		stop.abort();

		for (const { outcomes } of await results) {
			expect(outcomes.length).toBeGreaterThan(0);
		}
	});

	it('throws what its source throws', async ({ server, folder }) => {
		async function* broken() {
			yield `${server.url}/a`;
			throw new Error('no more of it');
		}

		await expect(download(broken(), { dir: folder, strategy })).rejects.toThrow('no more of it');
	});
});

describe('onProgress', () => {
	it('is told of each outcome', async ({ server, folder }) => {
		const seen: DownloadProgress[] = [];
		const urls = Array.from({ length: 20 }, (_, number) => `${server.url}/${number}`);

		await download(urls, { dir: folder, onProgress: (progress) => seen.push(progress) });

		expect(seen.map(({ done }) => done)).toEqual(urls.map((_, index) => index + 1));
		expect(seen.every(({ total }) => total === 20)).toBe(true);
		expect(seen.at(-1)?.bytes).toBe(20 * GIF.length);
		expect(seen.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
	});

	it('has no total before the end of a source is known', async ({ server, folder }) => {
		const seen: DownloadProgress[] = [];
		let goOn = () => {};
		const waiting = new Promise<void>((resolve) => {
			goOn = resolve;
		});
		async function* urls() {
			yield `${server.url}/a`;
			await waiting;
			yield `${server.url}/b`;
		}
		const onProgress = (progress: DownloadProgress) => {
			seen.push(progress);
			goOn();
		};

		await download(urls(), { dir: folder, onProgress });

		expect(seen.map(({ total }) => total)).toEqual([undefined, 2]);
	});

	it('ends the run by what it throws', async ({ server, folder }) => {
		server.hold('/b');
		const run = download([`${server.url}/a`, `${server.url}/b`], {
			dir: folder,
			onProgress: () => {
				throw new Error('of the caller');
			},
		});

		await expect(run).rejects.toThrow('of the caller');
		await server.idle();
	});
});

describe('a download', () => {
	it('sends nothing before it is awaited or iterated', async ({ server, folder }) => {
		const run = download([`${server.url}/a`], { dir: folder });
		await turn();
		expect(server.requests).toEqual([]);

		await run;
		expect(server.requests.length).toBe(1);
	});

	it('is awaited as often as it likes, and sends each request once', async ({ server, folder }) => {
		const run = download([`${server.url}/a`], { dir: folder });

		expect(await run).toBe(await run);
		expect(server.requests.length).toBe(1);
	});

	it('is not both awaited and iterated', async ({ server, folder }) => {
		const awaited = download([`${server.url}/a`], { dir: folder });
		await awaited;
		await expect(collect(awaited)).rejects.toThrow('this download is awaited; to iterate, call');

		const iterated = download([`${server.url}/a`], { dir: folder });
		await collect(iterated);
		await expect(iterated).rejects.toThrow('this download is iterated; to await it, call');
	});

	it('takes settings that are undefined for absent', async ({ server, folder }) => {
		const settings = { dir: folder, retries: undefined, signal: undefined, strategy: undefined };

		const { totals } = await download([`${server.url}/a`], settings as object);

		expect(totals.ok).toBe(1);
	});

	it('may ask for one URL twice', async ({ server, folder }) => {
		const url = `${server.url}/a`;

		const { totals } = await download([url, url], { dir: folder, strategy: 'sequential' });

		expect(totals.ok + totals.skipped).toBe(2);
	});

	it('has a failure that can be thrown', async ({ server, folder }) => {
		server.answer('/a', (_request, response) => response.writeHead(404).end());
		const { outcomes } = await download([`${server.url}/a`, `${server.url}/b`], { dir: folder });

		const errors = outcomes.map((outcome) => DownloadError.from(outcome));

		expect(errors).toContain(undefined);
		expect(errors.find((error) => error !== undefined)).toMatchObject({
			name: 'DownloadError',
			message: '404 Not Found',
			code: 'http_404',
			httpStatus: 404,
			target: { url: `${server.url}/a` },
		});
	});

	it('has the chain of causes in the error', async ({ folder }) => {
		await mkdir(join(folder, 'a'));
		const target = { url: 'http://127.0.0.1:1/a', dest: join(folder, 'b') };
		const { outcomes } = await download([target], { retries: 0 });
		const [outcome] = outcomes;

		const error = outcome && DownloadError.from(outcome);

		expect(outcome?.failure?.causes.length).toBeGreaterThan(0);
		expect(error?.cause).toMatchObject({ message: outcome?.failure?.causes[0] });
	});

	it('sends header fields, those of a target to its origin alone', async ({ server, folder }) => {
		server.answer('/a', (_request, response) => {
			response.writeHead(302, { location: `http://localhost:${new URL(server.url).port}/b` }).end();
		});

		await download([{ url: `${server.url}/a`, headers: { 'X-Own': '1' } }], {
			dir: folder,
			headers: { ACCEPT: 'image/*' },
		});

		expect(server.requests.map(({ headers }) => [headers.accept, headers['x-own']])).toEqual([
			['image/*', '1'],
			['image/*', undefined],
		]);
	});

	it('saves what has a relative dest below dir', async ({ server, folder }) => {
		await download([{ url: `${server.url}/a`, dest: 'sub/b' }], { dir: folder });

		expect(await readFile(join(folder, 'sub/b'))).toEqual(GIF);
	});
});
