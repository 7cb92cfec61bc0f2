import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import { work } from '../../../src/strategies/queue/index.ts';
import { packRows } from '../../../src/strategies/queue/shard.ts';
import { collect } from '../../helpers/collect.ts';
import { type HoldServer, startHoldServer } from '../../helpers/hold-server.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../../helpers/redis.ts';
import { strategies } from '../../helpers/strategies.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const LEFT_OVER = { offset: 0, status: 'ok', bytes: 1, requests: 1, retries: 0 } as const;

// The journal of a run that is resumed.
describe.skipIf(skipWithoutRedis())('the journal of a run', () => {
	let redis: TestRedis;
	let folder: string;
	let journal: string;
	let server: HoldServer;
	beforeEach(async () => {
		redis = await startRedis();
		onTestFinished(async () => await redis.close());
		folder = await temporaryFolder();
		journal = join(folder, '.flagdl/run-r.journal');
		server = await startHoldServer();
		onTestFinished(async () => await server.close());
		const stop = new AbortController();
		const working = work({
			...{ redis: parseRedisUrl(redis.url), prefix: 'test', directory: join(folder, 'files') },
			...{ strategy: strategies.async, concurrency: 16, threads: 1, onEvent: () => {} },
			signal: stop.signal,
		});
		onTestFinished(async () => {
			stop.abort();
			await working;
		});
	});

	const run = (from = 0, signal = new AbortController().signal) =>
		strategies.queue(
			Array.from({ length: 10 }, (_, index) => ({
				...{ id: String(index), index, url: `${server.url}/${from + index}.gif` },
				dest: join(folder, `${from + index}.gif`),
			})),
			{
				...{ options: DEFAULT_OPTIONS, concurrency: 1, threads: 1, signal },
				queue: {
					...{ redis: parseRedisUrl(redis.url), prefix: 'test', runId: 'r', shardSize: 5 },
					...{ outputDir: folder, warn: () => {} },
				},
			},
		);
	/** Reports the first of two shards, and is interrupted. */
	const runHalf = async () => {
		const stop = new AbortController();
		server.hold('/7.gif');
		let told = 0;
		for await (const { status, target } of run(0, stop.signal)) {
			told += status === 'ok' && target.index < 5 ? 1 : 0;
			if (told === 5) {
				stop.abort(new Error('enough'));
			}
		}
		server.release();
	};
	const expectWhole = async (outcomes: ReturnType<typeof run>) => {
		const told = (await collect(outcomes)).map(({ target, status }) => [target.index, status]);
		const all = Array.from({ length: 10 }, (_, index): readonly unknown[] => [
			index,
			expect.stringMatching(/^(ok|skipped)$/),
		]);
		expect(told.sort(([one], [other]) => Number(one) - Number(other))).toEqual(all);
	};

	it.each([
		['cannot be inflated', 'AAAA'],
		['lack targets', packRows([{ ...LEFT_OVER, startMs: 0, endMs: 1 }])],
	])('is worth what can be read of it, where outcomes %s', async (_, outcomes) => {
		await runHalf();
		const [shard, digest] = (await readFile(journal, 'latin1')).split(' ');
		await writeFile(journal, `${shard} ${digest} ${outcomes}\n`);

		await expectWhole(run());
	});

	it('of another list ends a run before Redis hears of it', async () => {
		await runHalf();
		await redis.client.flushall();

		await expect(collect(run(100))).rejects.toThrow('run r was begun with another list');
		await expectWhole(run());
	});

	it('is not written through a link', async () => {
		await mkdir(dirname(journal), { recursive: true });
		await writeFile(join(folder, 'precious'), 'mine');
		await symlink('../precious', journal);

		await expect(collect(run())).rejects.toThrow('cannot use the journal of the run: ELOOP');
		expect(await readFile(join(folder, 'precious'), 'utf8')).toBe('mine');
	});

	it('is named where something else has its place', async () => {
		await mkdir(journal, { recursive: true });

		await expect(collect(run())).rejects.toThrow('cannot use the journal of the run: EISDIR');
	});
});
