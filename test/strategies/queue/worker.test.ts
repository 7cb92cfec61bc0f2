import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import { work } from '../../../src/strategies/queue/index.ts';
import { collect } from '../../helpers/collect.ts';
import { type HoldServer, startHoldServer } from '../../helpers/hold-server.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../../helpers/redis.ts';
import { strategies } from '../../helpers/strategies.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

describe.skipIf(skipWithoutRedis())('a worker', () => {
	let redis: TestRedis;
	let folder: string;
	let server: HoldServer;
	beforeEach(async () => {
		redis = await startRedis();
		onTestFinished(async () => await redis.close());
		folder = await temporaryFolder();
		isReady = false;
		server = await startHoldServer();
		onTestFinished(async () => await server.close());
	});

	let isReady: boolean;
	const start = (signal = new AbortController().signal, directory = folder) =>
		work({
			...{ redis: parseRedisUrl(redis.url), prefix: 'test', directory, signal },
			...{ strategy: strategies.async, concurrency: 4, threads: 1 },
			onEvent: ({ type }) => {
				isReady ||= type === 'ready';
			},
			connectOptions: { firstTries: 3, awayMaxMs: 500 },
		});
	const run = () =>
		strategies.queue(
			Array.from({ length: 20 }, (_, index) => ({
				...{ id: String(index), index, url: `${server.url}/${index}.gif` },
				dest: join(folder, `${index}.gif`),
			})),
			{
				...{ options: DEFAULT_OPTIONS, concurrency: 1, threads: 1 },
				signal: new AbortController().signal,
				queue: {
					...{ redis: parseRedisUrl(redis.url), prefix: 'test', runId: 'r', shardSize: 10 },
					...{ outputDir: folder, warn: () => {} },
				},
			},
		);

	it.each(['that has nothing to do', 'in the middle of its shard', 'with words on their way'])(
		'%s ends when Redis stays away',
		async (state) => {
			const working = start();
			const ended = expect(working).rejects.toThrow(
				`cannot go on without Redis at ${redis.url}: ECONNREFUSED`,
			);
			if (state !== 'that has nothing to do') {
				server.hold('/15.gif');
				const outcomes = run();
				await outcomes.next();
				await server.arrivals(16);
				outcomes.return().catch(() => {});
			}
			if (state === 'with words on their way') {
				// A frozen Redis receives commands and does not answer.
				redis.signal('SIGSTOP');
				server.release();
				await server.arrivals(20);
				await sleep(200); // Until the batch is sent.
			}
			await redis.kill();
			server.release();

			await ended;
		},
	);

	it('ends with its signal, though Redis is away', async () => {
		const stop = new AbortController();
		const working = start(stop.signal);
		await redis.until(async () => await Promise.resolve(isReady));
		await redis.kill();
		stop.abort(new Error('enough'));

		// It has nothing to report to Redis.
		const ended = await working.catch((error: unknown) => (error as Error).message);
		expect(String(ended)).toMatch(/^0$|^cannot go on without Redis/);
	});

	it('leaves its shards to others when it can save nothing any more', async () => {
		const full = join(await temporaryFolder(), 'full');
		const ended = expect(start(undefined, full)).rejects.toThrow(
			`cannot write to ${full}: not a directory`,
		);
		server.hold();
		const outcomes = collect(run());
		await server.arrivals(4);
		await rm(full, { recursive: true });
		await writeFile(full, '');
		server.release();
		await ended;
		const stop = new AbortController();
		const working = start(stop.signal);

		expect(new Set((await outcomes).map(({ status }) => status))).toEqual(new Set(['ok']));
		stop.abort();
		await working;
	});

	it('takes no shard of another prefix', async () => {
		const stop = new AbortController();
		const working = start(stop.signal);
		await redis.until(async () => await Promise.resolve(isReady));
		expect(await redis.client.keys('{flagdl}*')).toEqual([]);
		expect((await collect(run())).length).toBe(20);
		stop.abort();
		await working;
	});
});
