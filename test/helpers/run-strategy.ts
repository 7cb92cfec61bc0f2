import { tmpdir } from 'node:os';
import { parseRedisUrl } from '../../src/cli/redis-settings.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import { work } from '../../src/strategies/queue/index.ts';
import type { Target } from '../../src/targets/target.ts';
import { collect } from './collect.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from './redis.ts';
import { strategies } from './strategies.ts';

/** All strategies; the queue only if Redis is installed. */
export const NAMES: readonly StrategyName[] = (Object.keys(strategies) as StrategyName[]).filter(
	(name) => name !== 'queue' || !skipWithoutRedis(),
);

/** A Redis for a test file, if Redis is installed. */
export async function startRedisIfUsed(): Promise<TestRedis | undefined> {
	return NAMES.includes('queue') ? await startRedis() : undefined;
}

interface Run {
	readonly options: DownloadOptions;
	readonly concurrency: number;
	/** Folder of the targets; workers of the queue write only here. */
	readonly folder: string;
	/** Required for the queue. */
	readonly redis: TestRedis | undefined;
}

/** Runs targets to their end with a strategy; for the queue with a worker in this process. */
export async function runStrategy(
	name: StrategyName,
	targets: readonly Target[],
	{ options, concurrency, folder, redis }: Run,
): Promise<Outcome[]> {
	const stop = new AbortController();
	const shared = { concurrency, threads: 2, signal: stop.signal };
	if (name !== 'queue') {
		return await collect(strategies[name](targets, { options, ...shared }));
	}
	if (redis === undefined) {
		throw new Error('the queue needs a Redis');
	}
	const queue = {
		...{
			redis: parseRedisUrl(redis.url),
			prefix: `p${folder.slice(tmpdir().length).replace(/\W/g, '')}`,
		},
		...{ runId: 'run', shardSize: 3, outputDir: folder, warn: () => {} },
	};
	const working = work({
		...{ ...queue, ...shared, directory: folder, strategy: strategies.async, onEvent: () => {} },
	});
	try {
		return await collect(strategies.queue(targets, { options, ...shared, queue }));
	} finally {
		stop.abort();
		await working;
	}
}
