import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import { work } from '../../../src/strategies/queue/index.ts';
import { collect } from '../../helpers/collect.ts';
import { type HoldServer, startHoldServer } from '../../helpers/hold-server.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../../helpers/redis.ts';
import { strategies } from '../../helpers/strategies.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { expectWithin } from '../../helpers/within.ts';

// Redis silent, full or without workers: the run must never wait forever without a message.
describe.skipIf(skipWithoutRedis())('a run whose Redis does not do what it is asked', () => {
	let redis: TestRedis;
	let folder: string;
	let server: HoldServer;
	let warned: string[];
	beforeEach(async () => {
		redis = await startRedis();
		onTestFinished(async () => await redis.close());
		folder = await temporaryFolder();
		server = await startHoldServer();
		onTestFinished(async () => await server.close());
		warned = [];
	});

	const startWorker = () => {
		const stop = new AbortController();
		const working = work({
			...{ redis: parseRedisUrl(redis.url), prefix: 'test', directory: folder },
			...{ strategy: strategies.async, concurrency: 4, threads: 1, onEvent: () => {} },
			signal: stop.signal,
		});
		onTestFinished(async () => {
			stop.abort();
			await working.catch(() => {});
		});
		return working;
	};
	const run = (count: number, signal: AbortSignal = new AbortController().signal) =>
		strategies.queue(
			Array.from({ length: count }, (_, index) => ({
				...{ id: String(index), index, url: `${server.url}/${index}.gif` },
				dest: join(folder, `${index}.gif`),
			})),
			{
				...{ options: DEFAULT_OPTIONS, concurrency: 1, threads: 1, signal },
				queue: {
					...{ redis: parseRedisUrl(redis.url), prefix: 'test', runId: 'r', shardSize: 5 },
					...{ outputDir: folder, warn: (code: string) => warned.push(code) },
				},
			},
		);
	const freeze = () => {
		redis.signal('SIGSTOP');
		onTestFinished(() => redis.signal('SIGCONT'));
	};

	it('ends within a second of its signal, though Redis is frozen, with an outcome for each', async () => {
		server.hold('/7.gif');
		void startWorker();
		const stop = new AbortController();
		const outcomes: Outcome[] = [];
		const ended = (async () => {
			for await (const outcome of run(10, stop.signal)) {
				outcomes.push(outcome);
			}
		})();
		await redis.until(async () => await Promise.resolve(outcomes.length === 9));
		freeze();

		const startMs = performance.now();
		stop.abort(new Error('enough'));
		await ended;

		expectWithin(1000, startMs);
		expect(outcomes.map(({ target }) => target.index).sort()).toEqual([...Array(10).keys()]);
		expect(outcomes.at(-1)).toMatchObject({ status: 'cancelled', target: { index: 7 } });
	});

	it('ends with its signal while it begins', async () => {
		freeze();
		const stop = new AbortController();
		const ended = collect(run(3, stop.signal));
		setTimeout(() => stop.abort(new Error('enough')), 200);

		expect((await ended).map(({ status }) => status)).toEqual(Array(3).fill('cancelled'));
	});

	const FULL = "OOM command not allowed when used memory > 'maxmemory'";

	it('ends where Redis is full', async () => {
		await redis.client.config('SET', 'maxmemory', '1');

		await expect(collect(run(3))).rejects.toThrow(
			`cannot go on without Redis at ${redis.url}: ${FULL}`,
		);
	});

	it('has workers that end where Redis is full, with what they have not told', async () => {
		server.hold();
		const working = startWorker();
		const stop = new AbortController();
		const ended = collect(run(3, stop.signal));
		await server.arrivals(3);
		const failed = expect(working).rejects.toThrow(
			`cannot go on without Redis at ${redis.url}: ${FULL}`,
		);
		await redis.client.config('SET', 'maxmemory', '1');
		server.release();
		await failed;
		stop.abort();
		await ended;
	});

	it.each([
		['read its keys', ['~other*', '+@all']],
		['ask what it is', ['~*', '+@all', '-info']],
	])('has workers that end where Redis does not let them %s', async (_, rights) => {
		await redis.client.call('ACL', 'SETUSER', 'stranger', 'on', '>hush', '&*', ...rights);
		const { host } = new URL(redis.url);
		const working = work({
			...{ redis: parseRedisUrl(`redis://stranger:hush@${host}`), prefix: 'test' },
			...{ directory: folder, strategy: strategies.async, concurrency: 4, threads: 1 },
			...{ signal: new AbortController().signal, onEvent: () => {} },
		});

		await expect(working).rejects.toThrow(`cannot go on without Redis at ${redis.url}: NOPERM`);
	});

	it.each(['TIME', 'BZPOPMIN', 'EVAL'])(
		'has workers that end where it has no %s',
		async (command) => {
			const lacking = await startRedis('--rename-command', command, '');
			onTestFinished(async () => await lacking.close());
			const working = work({
				...{ redis: parseRedisUrl(lacking.url), prefix: 'test', directory: folder },
				...{ strategy: strategies.async, concurrency: 4, threads: 1 },
				...{ signal: new AbortController().signal, onEvent: () => {} },
			});

			await expect(working).rejects.toThrow(
				`cannot go on without Redis at ${lacking.url}: ERR unknown command`,
			);
		},
	);

	const expectNoWorkerWarning = async () => {
		const stop = new AbortController();
		const ended = collect(run(3, stop.signal));
		await redis.until(async () => await Promise.resolve(warned.length > 0));
		expect(warned).toEqual(['no_worker']);
		stop.abort();
		await ended;
	};

	it('says so when the only worker is at another database', async () => {
		const elsewhere = redis.client.duplicate({
			connectionName: `{test}:${Buffer.from('shards').toString('base64')}`,
			db: 1,
		});
		onTestFinished(() => elsewhere.disconnect());
		await elsewhere.ping();

		await expectNoWorkerWarning();
	});

	it('says so when the last worker has been killed', async () => {
		// SIGKILL leaves only a closed connection.
		const killed = redis.client.duplicate({
			connectionName: `{test}:${Buffer.from('shards').toString('base64')}`,
		});
		await killed.ping();
		killed.disconnect();

		await expectNoWorkerWarning();
	});
});
