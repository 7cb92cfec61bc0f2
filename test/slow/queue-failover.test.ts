import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readRun, startRun, startWorker } from '../helpers/fleet.ts';
import { startHoldServer } from '../helpers/hold-server.ts';
import { answerNumbered } from '../helpers/numbered-files.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../helpers/redis.ts';
import { FAST_CLOCK, startRefusingProxy } from '../helpers/refusing-proxy.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

describe.skipIf(skipWithoutRedis())('a run whose Redis refuses for more than a minute', () => {
	let redis: TestRedis;
	beforeEach(async () => {
		redis = await startRedis();
	});
	afterEach(async () => await redis.close());

	// A real Redis sends these errors only to all clients or in a cluster, so a proxy in front of it sends them.
	it.each(['UNBLOCKED', 'READONLY', 'LOADING', 'MASTERDOWN', 'TRYAGAIN', 'BUSY'])(
		'ends a run by -%s with exit code 4 and its address, and the same command completes it',
		{ timeout: 120_000 },
		async (code) => {
			const cwd = await temporaryFolder();
			const server = await startHoldServer();
			server.answer(undefined, answerNumbered);
			onTestFinished(async () => await server.close());
			const proxy = await startRefusingProxy(redis.port);
			const args = ['--shard-size', '5', '--run-id', 'r'];
			server.hold('/8.gif');
			await startWorker({ redis, cwd }, ['-c', '4']);
			const run = startRun(
				{ redis: { ...redis, url: proxy.url }, cwd },
				30,
				server.url,
				args,
				FAST_CLOCK,
			);
			await server.arrivals(20);
			proxy.refuse(`-${code} not now`);
			run.child.kill('SIGUSR2');

			const ran = await run.ended;
			expect(ran.code, ran.stderr.slice(-1500)).toBe(4);
			expect(ran.stderr).toMatch(
				new RegExp(`cannot go on without Redis at ${proxy.url}: ${code} .*--run-id r to go on`),
			);

			proxy.refuse(undefined);
			server.release();
			const again = startRun({ redis: { ...redis, url: proxy.url }, cwd }, 30, server.url, args);
			expect(readRun(await again.ended, 30).end).toMatchObject({ exitCode: 0, totals: { ok: 30 } });
		},
	);
});
