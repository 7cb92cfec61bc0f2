import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../src/cli/redis-settings.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { work } from '../../src/strategies/queue/index.ts';
import type { WorkerEvent } from '../../src/strategies/queue/options.ts';
import type { Target, Targets } from '../../src/targets/target.ts';
import { collect } from '../helpers/collect.ts';
import { GIF, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../helpers/redis.ts';
import { strategies } from '../helpers/strategies.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { expectWithin } from '../helpers/within.ts';

const WAYS = ['async', 'threads'] as const;

// The contract of all strategies, with a worker behind a queue, in both of its forms.
describe.skipIf(skipWithoutRedis())('strategy queue', () => {
	let redis: TestRedis;
	beforeAll(async () => {
		redis = await startRedis();
	});
	afterAll(async () => await redis.close());

	describe.each(WAYS)('with a worker of strategy %s', (way) => {
		let server: HoldServer;
		let folder: string;
		let events: WorkerEvent[];

		beforeEach(async () => {
			await redis.client.flushall();
			server = await startHoldServer();
			onTestFinished(async () => await server.close());
			folder = await temporaryFolder();
			events = [];
		});

		/** @returns A function that ends it. */
		const startWorker = (concurrency = 3) => {
			const stop = new AbortController();
			const working = work({
				redis: parseRedisUrl(redis.url),
				prefix: 'test',
				directory: folder,
				strategy: strategies[way],
				concurrency,
				threads: 2,
				signal: stop.signal,
				onEvent: (event) => events.push(event),
			});
			onTestFinished(async () => {
				stop.abort();
				await working;
			});
		};

		interface Setting {
			signal?: AbortSignal;
			options?: Partial<DownloadOptions>;
			shardSize?: number;
		}

		const run = (targets: Targets, { signal, options, shardSize = 4 }: Setting = {}) =>
			strategies.queue(targets, {
				options: { ...DEFAULT_OPTIONS, ...options },
				concurrency: 1,
				threads: 1,
				signal: signal ?? new AbortController().signal,
				queue: {
					redis: parseRedisUrl(redis.url),
					prefix: 'test',
					runId: 'contract',
					shardSize,
					outputDir: folder,
					warn: () => {},
				},
			});
		const targetAt = (index: number): Target => ({
			id: String(index),
			index,
			url: `${server.url}/${index}.gif`,
			dest: join(folder, `${index}.gif`),
		});
		const targetsOf = (count: number): Target[] =>
			Array.from({ length: count }, (_, index) => targetAt(index));
		const files = async () =>
			(await readdir(folder)).filter((name) => name.endsWith('.gif')).sort();
		const inOrder = (outcomes: Outcome[]) =>
			outcomes.sort((a, b) => a.target.index - b.target.index);

		it('gives one outcome for each target, and the files are whole', async () => {
			startWorker();
			const targets = targetsOf(22);

			const outcomes = inOrder(await collect(run(targets)));

			expect(outcomes.map(({ target }) => target)).toEqual(targets);
			expect(outcomes.map(({ status }) => status)).toEqual(Array(22).fill('ok'));
			expect(outcomes.map(({ bytes }) => bytes)).toEqual(Array(22).fill(GIF.length));
			for (const { dest } of targets) {
				expect(await readFile(dest)).toEqual(GIF);
			}
			expect(server.requests.length).toBe(22);
		});

		it('leaves nothing of a run in Redis when it has ended', async () => {
			startWorker();
			await collect(run(targetsOf(9)));

			// What workers know of an origin expires some minutes after its last request.
			const LATE = /:(origin:|limited$)/;
			const ofRuns = async () =>
				(await redis.client.keys('*')).filter((key) => /:run/.test(key) && !LATE.test(key));
			await expect.poll(ofRuns, { timeout: 10_000 }).toEqual([]);
			for (const key of (await redis.client.keys('*')).filter((name) => LATE.test(name))) {
				expect(await redis.client.ttl(key)).toBeLessThanOrEqual(600);
			}
		});

		it('has as many in flight as its worker has slots, over several shards', async () => {
			server.hold();
			startWorker(3);
			const outcomes = collect(run(targetsOf(9), { shardSize: 2 }));

			await server.arrivals(3);
			await sleep(100); // Time for an excess request to arrive.
			expect(server.peak).toBe(3);

			server.release();
			expect((await outcomes).length).toBe(9);
			expect(server.peak).toBe(3);
		});

		it('gives an outcome as soon as there is one, whatever else is in its shard', async () => {
			server.hold('/0.gif');
			startWorker();
			const outcomes = run(targetsOf(2));

			const first = await outcomes.next();
			server.release('/0.gif');
			const second = await outcomes.next();

			expect([first, second].map(({ value }) => value?.target.index)).toEqual([1, 0]);
			expect((await outcomes.next()).done).toBe(true);
		});

		it('says what happened to each target that has no file', async () => {
			server.answer('/1.gif', (_request, response) => response.writeHead(404).end('no'));
			server.answer('/2.gif', (_request, response) => response.writeHead(403).end('no'));
			startWorker();

			const outcomes = inOrder(await collect(run(targetsOf(3))));

			expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'not_found', 'error']);
			expect(outcomes.map(({ failure }) => failure?.code)).toEqual([
				undefined,
				'http_404',
				'http_403',
			]);
			expect(outcomes.map(({ httpStatus }) => httpStatus)).toEqual([200, 404, 403]);
			expect(await files()).toEqual(['0.gif']);
		});

		it('leaves nothing in flight when its consumer stops early', async () => {
			server.hold('/1.gif', '/2.gif', '/3.gif');
			startWorker();

			for await (const { target } of run(targetsOf(4))) {
				expect(target.index).toBe(0);
				break;
			}

			await server.idle(); // A download that still ran would be held, and this would time out.
			expect(await files()).toEqual(['0.gif']);
		});

		it('makes what is left `cancelled` when it is aborted, and is taken up again', async () => {
			server.hold();
			startWorker();
			const controller = new AbortController();
			const outcomes = collect(run(targetsOf(8), { signal: controller.signal }));
			await server.arrivals(3);

			const before = performance.now();
			controller.abort(new Error('that is enough'));
			const ended = await outcomes;

			expectWithin(1500, before);
			expect(ended.map(({ status }) => status)).toEqual(Array(8).fill('cancelled'));
			expect(ended[0]?.failure?.message).toBe('that is enough');
			await server.idle();
			expect(await files()).toEqual([]);

			server.release();
			const again = await collect(run(targetsOf(8)));
			expect(again.map(({ status }) => status)).toEqual(Array(8).fill('ok'));
		});

		it('makes everything `cancelled` when it was aborted before', async () => {
			const outcomes = await collect(run(targetsOf(3), { signal: AbortSignal.abort() }));

			expect(outcomes.map(({ status }) => status)).toEqual(Array(3).fill('cancelled'));
			expect(server.requests.length).toBe(0);
		});

		it('pulls from a source without end only what it needs', async () => {
			startWorker();
			let pulled = 0;
			let closed = false;
			const endless = function* () {
				try {
					for (;;) {
						yield targetAt(pulled++);
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
			// 16 shards are open, three more for each worker, and those that have ended meanwhile.
			expect(pulled).toBeLessThanOrEqual(4 * 4 * (16 + 3));
		});

		it('passes on what its source throws', async () => {
			startWorker();
			const broken = async function* () {
				yield targetAt(0);
				yield targetAt(1);
				await server.arrivals(2);
				throw new Error('the list is gone');
			};

			await expect(collect(run(broken(), { shardSize: 1 }))).rejects.toThrow('the list is gone');
			await server.idle();
		});

		it('ends with nothing where there is nothing', async () => {
			expect(await collect(run([]))).toEqual([]);
		});

		it('gives a name once in a run', async () => {
			server.answer(undefined, (request, response) => {
				if (request.url?.endsWith('.json') === true) {
					response.end('{"country":"Atlantis"}');
				} else {
					response.writeHead(200, { 'content-type': 'image/gif' }).end(GIF);
				}
			});
			startWorker();
			const named = targetsOf(2).map((target) => ({
				...target,
				naming: { metadataUrl: `${target.url}.json`, directory: folder, extension: '.gif' },
			}));

			const outcomes = await collect(run(named));

			expect(outcomes.map(({ status }) => status).sort()).toEqual(['error', 'ok']);
			expect(outcomes.find(({ status }) => status === 'error')?.failure?.code).toBe(
				'destination_taken',
			);
			expect(outcomes.find(({ status }) => status === 'ok')?.dest).toBe(
				join(folder, 'Atlantis.gif'),
			);
			expect(await files()).toEqual(['Atlantis.gif']);
		});

		it('tells attempts in detail, on the clock of who asks', async () => {
			startWorker();
			// The clock difference is known to half a round trip, which is long on a busy machine.
			const before = Date.now() - 2000;

			const [outcome] = await collect(run(targetsOf(1), { options: { detail: true } }));

			const after = Date.now() + 2000;
			expect(outcome?.attempts).toMatchObject([{ number: 1, status: 200, bytes: GIF.length }]);
			for (const ms of [outcome?.startMs, outcome?.attempts?.[0]?.writtenMs, outcome?.endMs]) {
				expect(ms).toBeGreaterThan(before);
				expect(ms).toBeLessThan(after);
			}
		});
	});
});
