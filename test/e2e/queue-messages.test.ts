import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import { writeRecord } from '../../src/strategies/queue/run.ts';
import { associatedDataOf, Seal } from '../../src/strategies/queue/seal.ts';
import { VERSION } from '../../src/util/version.ts';
import { type Fleet, fleetForEach, startRun, startWorker } from '../helpers/fleet.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { skipWithoutRedis, type TestRedis } from '../helpers/redis.ts';

const OTHER_VERSION = {
	...{ wire: '5', version: '99.1.0', options: JSON.stringify(DEFAULT_OPTIONS), list: 'x' },
	...{ name: 'old.00000000', shardSize: '5', coordinator: 'another', begunMs: '1' },
};
const DIGEST = '0123456789ab';

// Jobs and records of runs that others have put into Redis.
describe.skipIf(skipWithoutRedis())('get --strategy queue and worker', () => {
	let redis: TestRedis;
	let server: HoldServer;
	let fleet: Fleet;

	fleetForEach((given, itsServer) => {
		[fleet, redis, server] = [given, given.redis, itsServer];
	});

	describe('what whoever can write to Redis could send', () => {
		let queue: Queue;
		beforeEach(() => {
			queue = new Queue('shards', { connection: redis.client, prefix: '{flagdl}' });
			onTestFinished(async () => await queue.close());
		});

		const shard = { wire: 5, run: 'evil.1', shard: 0, digest: DIGEST };
		const target = { url: 'http://127.0.0.1:1/a.gif', dest: 'a.gif' };

		it.each([
			['no object', 'boo', 'shard: found a text of 3 characters, expected an object'],
			['another format', { ...shard, wire: 1, sealed: '' }, 'wire: found 1, expected 5'],
			['no target', [], 'targets: found no target'],
			[
				'a path that leads out',
				[{ ...target, dest: '../../etc/passwd' }],
				'targets[0].dest: found ".." in the destination',
			],
			[
				'an absolute path',
				[{ ...target, dest: '/etc/passwd' }],
				'targets[0].dest: found the absolute path "/etc/passwd" as destination',
			],
			[
				'the reserved folder',
				[{ ...target, dest: '.flagdl/a.gif' }],
				'targets[0].dest: found the destination .flagdl',
			],
			[
				'what is no URL of HTTP',
				[{ ...target, url: 'file:///etc/passwd' }],
				'targets[0].url: found "file:///etc/passwd"',
			],
			[
				'a run that is not there',
				{ ...shard, run: 'gone.1', sealed: '' },
				'there is no run gone.1 any more',
			],
		])('refuses %s', async (_, data, reason) => {
			// Sealed with the public default key: what is sealed can be hostile, too.
			const seal = await Seal.derive();
			const record = {
				version: VERSION,
				name: 'evil.1',
				shardSize: 5,
				coordinator: 'c',
				list: 'x',
			};
			const options = DEFAULT_OPTIONS;
			const hash = writeRecord({ ...record, begunMs: 1, seal, options });
			await redis.client.hset('{flagdl}:run:evil.1', hash);
			const sealed = () => seal.seal(JSON.stringify(data), associatedDataOf('evil.1', 0));
			const worker = await startWorker(fleet);
			const message = Array.isArray(data) ? { ...shard, sealed: sealed() } : data;
			await queue.add('shard', message, { jobId: 'evil-0' });
			await worker.says(/shard evil-0 refused/);

			const job = await queue.getJob('evil-0');
			expect(await job?.getState()).toBe('failed');
			expect(job?.failedReason).toContain(reason);
			expect(await readdir(join(fleet.cwd, 'files'))).toEqual([]);
		});
	});

	it.each(['data', 'opts'])(
		'refuses a job whose %s BullMQ cannot parse, and goes on',
		{ timeout: 40_000 },
		async (part) => {
			const queue = new Queue('shards', { connection: redis.client, prefix: '{flagdl}' });
			onTestFinished(async () => await queue.close());
			await queue.add('shard', {}, { jobId: 'broken-0' });
			await redis.client.hset('{flagdl}:shards:broken-0', part, '{');
			const worker = await startWorker(fleet);

			await worker.says(/found a job that cannot be read/);
			await worker.says(/shard broken-0 refused/);
			expect((await startRun(fleet, 5, server.url).ended).code).toBe(0);
		},
	);

	it('works only for its own version', async () => {
		const worker = await startWorker(fleet);
		const queue = new Queue('shards', { connection: redis.client, prefix: '{flagdl}' });
		onTestFinished(async () => await queue.close());
		await redis.client.hset('{flagdl}:run:old', OTHER_VERSION);
		const message = { wire: 5, run: 'old.00000000', shard: 0, digest: DIGEST, sealed: '' };
		await queue.add('shard', message, { jobId: 'old-0' });

		await worker.says(/run old\.0{8} was begun by flagdl 99\.1\.0, this is /);
		// A worker of that version may exist; this one continues with other runs.
		const state = await (await queue.getJob('old-0'))?.getState();
		expect(['delayed', 'waiting', 'active']).toContain(state);
		expect((await startRun(fleet, 5, server.url).ended).code).toBe(0);
	});

	it('takes up a run of its own version only', async () => {
		await redis.client.hset('{flagdl}:run:mine', { ...OTHER_VERSION, name: 'mine.00000000' });

		const { code, stderr } = await startRun(fleet, 5, server.url, ['--run-id', 'mine']).ended;

		expect(code).toBe(4);
		expect(stderr).toContain('run mine.00000000 was begun by flagdl 99.1.0, this is ');
		expect(await redis.client.hget('{flagdl}:run:mine', 'coordinator')).toBe('another');
	});
});
