import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import type { Outcome } from '../../../src/download/outcome.ts';
import type { OutcomeRow, SealedShard } from '../../../src/schema/shard.ts';
import { readRecord } from '../../../src/strategies/queue/run.ts';
import { associatedDataOf, Seals } from '../../../src/strategies/queue/seal.ts';
import { cutShards, packRows } from '../../../src/strategies/queue/shard.ts';
import type { Target, Targets } from '../../../src/targets/target.ts';
import { collect } from '../../helpers/collect.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../../helpers/redis.ts';
import { strategies } from '../../helpers/strategies.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const targetAt = (index: number): Target => ({
	id: String(index),
	index,
	url: `http://h/${index}`,
	dest: `/out/${index}`,
});
const targetsOf = (count: number) => Array.from({ length: count }, (_, index) => targetAt(index));

describe('ShardCutter', () => {
	it('cuts a list into shards of one size, and what is left', async () => {
		const shards = await collect(cutShards(targetsOf(7), 3, '/out'));

		const sizes = shards.map(
			({ number, targets }) => `${number}: ${targets.map(({ index }) => index).join()}`,
		);
		expect(sizes).toEqual(['0: 0,1,2', '1: 3,4,5', '2: 6']);
	});

	it('gives the same digest for the same targets only', async () => {
		const digestOf = async (targets: Target[]) =>
			(await collect(cutShards(targets, 9, '/out')))[0]?.digest;

		expect(await digestOf(targetsOf(3))).toBe(await digestOf(targetsOf(3)));
		expect(await digestOf(targetsOf(3))).not.toBe(await digestOf(targetsOf(3).reverse()));
	});

	it('loses no target when nobody wants shards any more', async () => {
		const slow = async function* () {
			for (const target of targetsOf(8)) {
				await Promise.resolve();
				yield target;
			}
		};
		const list = cutShards(slow(), 3, '/out');
		await list.next();
		const cutting = list.next(); // Still being cut.

		const rest = await collect(list);

		const indexes = [(await cutting).value, ...rest].flatMap((cut) => cut?.targets ?? []);
		expect(indexes.map(({ index }) => index)).toEqual([3, 4, 5, 6, 7]);
	});

	it('closes its source', async () => {
		let closed = false;
		const source = function* () {
			try {
				for (;;) {
					yield targetAt(0);
				}
			} finally {
				closed = true;
			}
		};
		const list = cutShards(source(), 2, '/out');
		await list.next();
		await list.return();

		expect(closed).toBe(true);
	});
});

// The coordinator, with a BullMQ worker whose messages the test chooses.
describe.skipIf(skipWithoutRedis())('a coordinator', () => {
	let redis: TestRedis;
	let folder: string;
	let told: Outcome[];
	beforeAll(async () => {
		redis = await startRedis();
	});
	afterAll(async () => await redis.close());
	beforeEach(async () => {
		await redis.client.flushall();
		folder = await temporaryFolder();
		told = [];
	});

	const row = (offset: number): OutcomeRow => ({
		...{ offset, status: 'ok', bytes: 1, requests: 1, retries: 0, startMs: 0, endMs: 1 },
		httpStatus: 200,
	});
	const result = async (
		{ data }: Job<SealedShard>,
		offsets: readonly number[],
		digest = data.digest,
	) => {
		const { seal } = await readRecord(
			await redis.client.hgetall('{test}:run:r'),
			new Seals(undefined),
		);
		const outcomes = seal.seal(
			packRows(offsets.map(row)),
			associatedDataOf(data.run, data.shard, digest),
		);
		return { digest, worker: 'w', outcomes };
	};
	const work = (process: (job: Job<SealedShard>) => Promise<unknown>) => {
		const worker = new Worker('shards', process, {
			connection: { port: redis.port, maxRetriesPerRequest: null },
			prefix: '{test}',
		});
		onTestFinished(async () => await worker.close(true));
	};
	const progress = async (job: Job<SealedShard>, offsets: readonly number[]) =>
		await job.updateProgress(await result(job, offsets));
	const run = (targets: Targets) =>
		strategies.queue(targets, {
			...{ options: DEFAULT_OPTIONS, concurrency: 1, threads: 1 },
			signal: new AbortController().signal,
			queue: {
				...{ redis: parseRedisUrl(redis.url), prefix: 'test', runId: 'r', shardSize: 3 },
				...{ outputDir: folder, warn: () => {} },
			},
		});
	const targetsHere = (count: number) =>
		targetsOf(count).map((target) => ({ ...target, dest: `${folder}/${target.index}` }));
	const tellAll = async (targets: Targets) => {
		for await (const outcome of run(targets)) {
			told.push(outcome);
		}
	};
	const hasTold = async (count: number) => {
		await redis.until(async () => await Promise.resolve(told.length >= count));
	};
	const indexes = () => told.map(({ target }) => target.index);

	it('takes each outcome once, whoever reports it', async () => {
		work(async (job) => {
			await progress(job, [0, 1]);
			await hasTold(2);
			await progress(job, [1, 0]);
			return await result(job, [2, 1, 0, 2]);
		});

		await tellAll(targetsHere(3));

		expect(indexes()).toEqual([0, 1, 2]);
	});

	it('ignores what is none of the shard', async () => {
		work(async (job) => await result(job, [17, 0, 1, 2, 9999]));

		await tellAll(targetsHere(3));

		expect(indexes()).toEqual([0, 1, 2]);
	});

	it('does a shard again whose result cannot be read, and gives it up in the end', async () => {
		let times = 0;
		work(async () => {
			times += 1;
			return await Promise.resolve('boo');
		});

		await tellAll(targetsHere(3));

		expect(times).toBe(3);
		expect(told.map(({ failure }) => failure?.code)).toEqual(Array(3).fill('outcome_lost'));
	});

	it('does a shard again that was refused: its run was not to be found for a moment', async () => {
		let times = 0;
		work(async (job) => {
			times += 1;
			if (times === 1) {
				throw new UnrecoverableError('there is no run r any more');
			}
			return await result(job, [0, 1, 2]);
		});

		await tellAll(targetsHere(3));

		expect(told.map(({ status }) => status)).toEqual(Array(3).fill('ok'));
	});

	it('ends only what is missing', async () => {
		work(async (job) => {
			await progress(job, [1]);
			await hasTold(1);
			throw new UnrecoverableError('too bad');
		});

		await tellAll(targetsHere(3));

		expect(told.map(({ target, status }) => [target.index, status])).toEqual([
			[1, 'ok'],
			[0, 'error'],
			[2, 'error'],
		]);
		expect(told[1]?.failure).toMatchObject({ code: 'shard_failed', causes: ['too bad'] });
	});

	it('hands on what is sent before and after somebody reads', async () => {
		let goOn = () => {};
		const isRead = new Promise<void>((resolve) => {
			goOn = resolve;
		});
		work(async (job) => {
			await progress(job, [0]);
			await isRead;
			return await result(job, [0, 1, 2]);
		});
		const outcomes = run(targetsHere(3));
		const first = await outcomes.next();
		goOn();

		expect(first.value?.target.index).toBe(0);
		expect((await collect(outcomes)).map(({ target }) => target.index)).toEqual([1, 2]);
	});

	it('ends with an error after what was sent before it', async () => {
		let fail = () => {};
		const failing = new Promise<void>((resolve) => {
			fail = resolve;
		});
		work(async (job) => await result(job, [0, 1, 2]));
		const broken = async function* () {
			yield* targetsHere(3);
			await failing;
			throw new Error('the list is gone');
		};
		const ended = expect(tellAll(broken())).rejects.toThrow('the list is gone');
		await hasTold(3);
		fail();
		await ended;
		expect(indexes()).toEqual([0, 1, 2]);
	});

	it('does not believe outcomes of another shard', async () => {
		work(async (job) => await result(job, [0, 1, 2], 'ffffffffffff'));

		await tellAll(targetsHere(3));

		expect(told.map(({ failure }) => failure?.code)).toEqual(Array(3).fill('outcome_lost'));
	});

	it('does not believe outcomes that no worker of the run has sealed', async () => {
		work(async (job) => ({ ...(await result(job, [0])), outcomes: packRows([0, 1, 2].map(row)) }));

		await tellAll(targetsHere(3));

		expect(told.map(({ failure }) => failure?.code)).toEqual(Array(3).fill('outcome_lost'));
	});

	it('lets senders wait while nobody reads', async () => {
		let pulled = 0;
		const endless = function* () {
			for (;;) {
				pulled += 1;
				yield { ...targetAt(pulled), dest: `${folder}/${pulled}` };
			}
		};
		work(async (job) => await result(job, [0, 1, 2]));
		const outcomes = run(endless());
		await outcomes.next();
		await redis.until(async () => (await redis.client.zcard('{test}:shards:completed')) >= 1);
		const pulledThen = pulled;
		await new Promise((resolve) => setTimeout(resolve, 300));

		// One more shard may be cut; there are at most 16, and 3 for the worker.
		expect(pulled).toBeLessThanOrEqual(pulledThen + 3);
		expect(pulled).toBeLessThanOrEqual(3 * (16 + 3 + 1));
		await outcomes.return();
	});
});
