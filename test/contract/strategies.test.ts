import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import type { Target, Targets } from '../../src/targets/target.ts';
import { collect } from '../helpers/collect.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { strategies } from '../helpers/strategies.ts';
import { expectWithin } from '../helpers/within.ts';
import { listen } from '../network/listen.ts';

// The queue needs Redis and workers, and has its own file.
const NAMES = (Object.keys(strategies) as StrategyName[]).filter((name) => name !== 'queue');

describe.each(NAMES)('strategy %s', (name) => {
	const slots = (concurrency: number) => (name === 'sequential' ? 1 : concurrency);

	interface Setting {
		concurrency?: number;
		signal?: AbortSignal;
		options?: Partial<DownloadOptions>;
	}

	const run = (targets: Targets, { concurrency = 3, signal, options }: Setting = {}) =>
		strategies[name](targets, {
			options: { ...DEFAULT_OPTIONS, ...options },
			concurrency,
			threads: 2,
			signal: signal ?? new AbortController().signal,
		});
	const targetsOf = (server: HoldServer, folder: string, count: number): Target[] =>
		Array.from({ length: count }, (_, index) => targetAt(server, folder, index));
	const targetAt = (server: HoldServer, folder: string, index: number): Target => ({
		id: String(index),
		index,
		url: `${server.url}/${index}.gif`,
		dest: join(folder, `${index}.gif`),
	});
	const idsOf = (outcomes: Outcome[]) => outcomes.map(({ target }) => target.index);

	it('gives one outcome for each target, and the files are whole', async ({ server, folder }) => {
		const outcomes = await collect(run(targetsOf(server, folder, 20)));

		expect(outcomes.map(({ status }) => status)).toEqual(Array(20).fill('ok'));
		expect(idsOf(outcomes).sort((a, b) => a - b)).toEqual(
			targetsOf(server, folder, 20).map(({ index }) => index),
		);
		for (const { dest } of targetsOf(server, folder, 20)) {
			expect(await readFile(dest)).toEqual(GIF);
		}
		expect((await readdir(folder)).length).toBe(20);
		expect(server.requests.length).toBe(20);
	});

	it('uses a connection for each slot and no more', async ({ server, folder }) => {
		await collect(run(targetsOf(server, folder, 20)));

		expect(server.connections).toBeLessThanOrEqual(slots(3));
	});

	it('has as many in flight as it has slots, and no more', async ({ server, folder }) => {
		server.hold();
		const outcomes = collect(run(targetsOf(server, folder, 9)));

		await server.arrivals(slots(3));
		await sleep(100); // Time for an excess request to arrive.
		expect(server.peak).toBe(slots(3));

		server.release();
		expect((await outcomes).length).toBe(9);
		expect(server.peak).toBe(slots(3));
	});

	it.skipIf(name === 'sequential')(
		'gives an outcome as soon as there is one',
		async ({ server, folder }) => {
			server.hold('/0.gif');
			const outcomes = run(targetsOf(server, folder, 2), { concurrency: 2 });

			const first = await outcomes.next();
			server.release('/0.gif');
			const second = await outcomes.next();

			expect([first, second].map(({ value }) => value?.target.index)).toEqual([1, 0]);
			expect((await outcomes.next()).done).toBe(true);
		},
	);

	it('says what happened to each target that has no file', async ({ server, folder }) => {
		server.answer('/1.gif', (_request, response) => response.writeHead(404).end('no'));
		server.answer('/2.gif', (_request, response) => response.writeHead(403).end('no'));

		const outcomes = await collect(run(targetsOf(server, folder, 3)));

		const byIndex = outcomes.sort((a, b) => a.target.index - b.target.index);
		expect(byIndex.map(({ status }) => status)).toEqual(['ok', 'not_found', 'error']);
		expect(byIndex.map(({ failure }) => failure?.code)).toEqual([
			undefined,
			'http_404',
			'http_403',
		]);
		expect(await readdir(folder)).toEqual(['0.gif']);
	});

	it('leaves nothing in flight when its consumer stops early', async ({ server, folder }) => {
		server.hold('/1.gif', '/2.gif', '/3.gif');

		for await (const { target } of run(targetsOf(server, folder, 4))) {
			expect(target.index).toBe(0);
			break;
		}

		await server.idle(); // A download that still ran would be held, and this would time out.
		expect(await readdir(folder)).toEqual(['0.gif']);
	});

	it('leaves nothing in flight when its consumer throws', async ({ server, folder }) => {
		server.hold('/1.gif', '/2.gif', '/3.gif');

		const consume = async () => {
			for await (const { target } of run(targetsOf(server, folder, 4))) {
				throw new Error(`thrown at ${target.id}`);
			}
		};

		await expect(consume()).rejects.toThrow('thrown at 0');
		await server.idle();
	});

	it('makes what is left `cancelled` when it is aborted', async ({ server, folder }) => {
		server.hold();
		const controller = new AbortController();
		const outcomes = collect(run(targetsOf(server, folder, 8), { signal: controller.signal }));
		await server.arrivals(slots(3));

		const before = performance.now();
		controller.abort(new Error('that is enough'));
		const ended = await outcomes;

		expectWithin(1000, before);
		expect(ended.map(({ status }) => status)).toEqual(Array(8).fill('cancelled'));
		expect(ended[0]?.failure?.message).toBe('that is enough');
		await server.idle();
		expect(await readdir(folder)).toEqual([]);
	});

	it('counts the requests that were sent, which are those that the servers had', async ({
		server,
		folder,
	}) => {
		server.answer('/1.gif', (_request, response) => {
			response.writeHead(302, { location: '/other.gif' }).end();
		});
		server.answer('/2.gif', (_request, response) => response.writeHead(503).end());
		server.answer('/3.gif', (_request, response) => response.destroy());
		const silent = await listen(createServer(() => {}));
		const unreachable = [
			`http://127.0.0.1:${await closedPort()}/unreachable`,
			`https://127.0.0.1:${await closedPort()}/unreachable`,
			`https://127.0.0.1:${silent}/no-tls`,
		].map((url, at) => ({ ...targetAt(server, folder, 5 + at), url }));
		const options = { retries: 1, connectTimeoutMs: 300 };

		const outcomes = await collect(
			run([...targetsOf(server, folder, 5), ...unreachable], { options }),
		);

		const arrived = (path: string) => server.requests.filter(({ url }) => url === path).length;
		const expected = targetsOf(server, folder, 5).map(({ index }) => arrived(`/${index}.gif`));
		expected[1] = 1 + arrived('/other.gif');
		const byIndex = outcomes.sort((a, b) => a.target.index - b.target.index);
		expect(byIndex.map(({ requests }) => requests)).toEqual([...expected, 0, 0, 0]);
		expect(expected.slice(0, 3)).toEqual([1, 2, 2]);
	});

	it('gives fields of -H to the origins of the list alone', async ({ server, folder }) => {
		const elsewhere = await startHoldServer();
		onTestFinished(async () => await elsewhere.close());
		server.answer('/1.gif', (_request, response) => {
			response.writeHead(302, { location: `${elsewhere.url}/1.gif` }).end();
		});
		const options = { headers: { 'x-api-key': 'secret', 'user-agent': 'mine' } };

		await collect(run(targetsOf(server, folder, 2), { options }));

		const fieldsOf = ({ requests }: HoldServer) =>
			requests.map(({ headers }) => [headers['x-api-key'], headers['user-agent']]);
		expect(fieldsOf(server)).toEqual(Array(2).fill(['secret', 'mine']));
		expect(fieldsOf(elsewhere)).toEqual([[undefined, 'mine']]);
	});

	it('counts no request for a connection that was still being made when it was aborted', async ({
		server,
		folder,
	}) => {
		const silent = createServer(() => {});
		const port = await listen(silent);
		const connected = once(silent, 'connection');
		server.hold();
		const controller = new AbortController();
		const connecting = { ...targetAt(server, folder, 0), url: `https://127.0.0.1:${port}/` };
		const sent = name === 'sequential' ? [] : [targetAt(server, folder, 1)];
		const outcomes = collect(run([connecting, ...sent], { signal: controller.signal }));
		await connected;
		await server.arrivals(sent.length);

		controller.abort();

		const requests = (await outcomes).map((outcome) => [outcome.target.index, outcome.requests]);
		expect(requests.sort()).toEqual([[0, 0], ...sent.map(() => [1, 1])]);
		expect(server.requests.length).toBe(sent.length);
	});

	it('makes everything `cancelled` when it was aborted before', async ({ server, folder }) => {
		const outcomes = await collect(
			run(targetsOf(server, folder, 3), { signal: AbortSignal.abort() }),
		);

		expect(outcomes.map(({ status }) => status)).toEqual(Array(3).fill('cancelled'));
		expect(server.requests.length).toBe(0);
	});

	it('pulls from a source without end only what it needs', async ({ server, folder }) => {
		let pulled = 0;
		let closed = false;
		const endless = function* () {
			try {
				for (;;) {
					yield targetAt(server, folder, pulled++);
				}
			} finally {
				closed = true;
			}
		};

		let seen = 0;
		for await (const { status } of run(endless())) {
			expect(status).toBe('ok');
			if (++seen === 50) {
				break;
			}
		}

		expect(closed).toBe(true);
		expect(pulled).toBeLessThanOrEqual(50 + 3 * 2 * 2);
	});

	it('passes on what its source throws, and ends what was open', async ({ server, folder }) => {
		server.hold('/1.gif');
		const broken = async function* () {
			yield targetAt(server, folder, 0);
			yield targetAt(server, folder, 1);
			if (name !== 'sequential') {
				await server.arrivals(2);
			}
			throw new Error('the list is gone');
		};
		if (name === 'sequential') {
			server.release();
		}

		await expect(collect(run(broken()))).rejects.toThrow('the list is gone');
		await server.idle();
	});

	it('ends with nothing where there is nothing', async () => {
		expect(await collect(run([]))).toEqual([]);
	});

	it('holds no slot while it backs off', async ({ server, folder }) => {
		server.answer('/0.gif', (_request, response) => {
			response.writeHead(503, { 'content-length': 0 }).end();
		});
		const options = { retries: 1, seed: 1 };

		const outcomes = await collect(run(targetsOf(server, folder, 6), { concurrency: 1, options }));

		const last = outcomes.at(-1);
		expect(outcomes.filter(({ status }) => status === 'ok').length).toBe(5);
		if (name === 'async') {
			expect(last?.target.index).toBe(0);
		}
		expect(server.requests.filter(({ url }) => url === '/0.gif').length).toBe(2);
		expect(server.peak).toBe(1);
	});

	it('holds --max-per-host over all its workers', async ({ server, folder }) => {
		server.hold();
		const options = { maxPerHost: 2 };
		const outcomes = collect(run(targetsOf(server, folder, 8), { concurrency: 6, options }));

		await server.arrivals(Math.min(2, slots(6)));
		await sleep(100); // Time for an excess request to arrive.
		expect(server.peak).toBe(Math.min(2, slots(6)));

		server.release();
		expect((await outcomes).every(({ status }) => status === 'ok')).toBe(true);
		expect(server.peak).toBe(Math.min(2, slots(6)));
	});

	it('gives a name once in a run', async ({ server, folder }) => {
		server.answer(undefined, (request, response) => {
			if (request.url?.endsWith('.json') === true) {
				response.end('{"country":"Atlantis"}');
			} else {
				response.writeHead(200, { 'content-type': 'image/gif' }).end(GIF);
			}
		});
		const named = targetsOf(server, folder, 2).map((target) => ({
			...target,
			naming: { metadataUrl: `${target.url}.json`, directory: folder, extension: '.gif' },
		}));

		const outcomes = await collect(run(named));

		expect(outcomes.map(({ status }) => status).sort()).toEqual(['error', 'ok']);
		expect(outcomes.find(({ status }) => status === 'error')?.failure?.code).toBe(
			'destination_taken',
		);
		expect(await readdir(folder)).toEqual(['Atlantis.gif']);
	});

	it('gives no name that flagdl itself needs', async ({ server, folder }) => {
		server.answer('/0.gif.json', (_request, response) => {
			response.end('{"country":".flagdl-state"}');
		});
		const [target] = targetsOf(server, folder, 1);
		const naming = { metadataUrl: `${target?.url}.json`, directory: folder, extension: '.json' };

		const outcomes = await collect(run([{ ...(target as Target), naming }]));

		expect(outcomes).toMatchObject([
			{ status: 'error', requests: 1, failure: { code: 'bad_metadata' } },
		]);
		expect(await readdir(folder)).toEqual([]);
	});
});

async function closedPort(): Promise<number> {
	const server = createServer();
	const port = await listen(server);
	server.close();
	return port;
}
