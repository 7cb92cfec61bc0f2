import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import { connect, loadLibraries } from '../../../src/strategies/queue/redis/connection.ts';
import { SharedClock } from '../../../src/strategies/queue/redis/shared-state.ts';
import type { RunRecord } from '../../../src/strategies/queue/run.ts';
import { RunSession } from '../../../src/strategies/queue/worker/run-session.ts';
import { skipWithoutRedis, startRedis } from '../../helpers/redis.ts';

describe.skipIf(skipWithoutRedis())('the session of a run', () => {
	it('leaves no listener on the signals of its worker', async () => {
		const redis = await startRedis();
		onTestFinished(async () => await redis.close());
		const connection = await connect(await loadLibraries(), parseRedisUrl(redis.url));
		onTestFinished(() => connection.close());
		const { client } = connection;
		const [drain, abort] = [new AbortController(), new AbortController()];
		const record = { options: DEFAULT_OPTIONS, name: 'r', shardSize: 1 } as RunRecord;
		const session = new RunSession(record, {
			...{ client, clock: await SharedClock.open(client), prefix: 'test', name: 'worker' },
			...{ concurrency: 1, threads: 1, directory: { path: '/', aheadMs: 0 } },
			...{ drainSignal: drain.signal, abortSignal: abort.signal },
			strategy: async function* () {},
		});

		session.close();
		await session.closed;

		const listeners = [drain, abort].flatMap(({ signal }) => getEventListeners(signal, 'abort'));
		expect(listeners).toEqual([]);
	});
});
