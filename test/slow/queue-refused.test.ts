import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { flagdl } from '../helpers/flagdl.ts';
import { type Fleet, fleetForEach, readRun, startRun, startWorker } from '../helpers/fleet.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { skipWithoutRedis } from '../helpers/redis.ts';
import { FAST_CLOCK, type RefusingProxy, startRefusingProxy } from '../helpers/refusing-proxy.ts';

// A script keeps Redis busy for a moment: commands meanwhile are repeated, and no reply is taken for that of another.
describe.skipIf(skipWithoutRedis())('a Redis that refuses one command in the middle', () => {
	let fleet: Fleet;
	let server: HoldServer;
	let proxy: RefusingProxy;
	fleetForEach((given, itsServer) => {
		[fleet, server] = [given, itsServer];
	});
	beforeEach(async () => {
		proxy = await startRefusingProxy(fleet.redis.port);
	});
	const behind = () => ({ ...fleet, redis: { ...fleet.redis, url: proxy.url } });

	it.each([
		['the record of the run', /\r\nhset\r\n\$\d+\r\n\{flagdl\}:run:/],
		['how long that is kept', /\r\nexpire\r\n\$\d+\r\n\{flagdl\}:run:/],
		['a job of BullMQ', /\r\neval(sha)?\r\n.*\{flagdl\}:shards:/s],
		['what has become of one', /\r\nhmget\r\n\$\d+\r\n\{flagdl\}:shards:/],
	])('is asked again by get for %s', async (_, command) => {
		await startWorker(fleet);
		proxy.refuseOnce('-BUSY Redis is busy running a script', command);

		const ran = await startRun(behind(), 5, server.url).ended;

		expect(proxy.refusedOnce).toBe(1);
		expect(ran.code, ran.stderr).toBe(0);
		expect(readRun(ran, 5).end.totals).toMatchObject({ ok: 5 });
	});

	it.each([
		['a file name', /\r\nhsetnx\r\n/],
		['how long names are kept', /\r\nexpire\r\n.*:names\r\n/s],
		['an origin', /\r\neval(sha)?\r\n.*:origin:/s],
		['a job of BullMQ', /\r\neval(sha)?\r\n.*\{flagdl\}:shards:/s],
		['the run of its shard', /\r\nhgetall\r\n/],
	])('is asked again by a worker for %s', async (_, command) => {
		const worker = await startWorker(behind());
		proxy.refuseOnce('-BUSY Redis is busy running a script', command);

		const names = ['br', 'cn', 'in', '--with-names', '--rate', '100/s', '-d', 'files'];
		const queue = ['--strategy', 'queue', '--redis', fleet.redis.url];
		const ran = await flagdl([...names, ...queue], fleet.cwd);

		expect(proxy.refusedOnce).toBe(1);
		expect(ran.code, ran.stderr).toBe(0);
		expect(await readdir(join(fleet.cwd, 'files'))).toContain('Brazil.gif');
		worker.child.kill('SIGTERM');
		expect((await worker.ended).code).toBe(143);
	});

	it('ends get and worker by exit code 4 when it stays away', async () => {
		server.hold();
		const worker = await startWorker(behind(), [], FAST_CLOCK);
		const run = startRun(behind(), 5, server.url, ['--run-id', 'r'], FAST_CLOCK);
		await server.arrivals(5);
		proxy.close();
		worker.child.kill('SIGUSR2');
		run.child.kill('SIGUSR2');

		for (const ended of [await run.ended, await worker.ended]) {
			expect(ended.code, ended.stderr).toBe(4);
			expect(ended.stderr).toContain(`cannot go on without Redis at ${proxy.url}: ECONNREFUSED`);
		}
		expect((await run.ended).stderr).toContain('0 of 5 told; give --run-id r to go on');
	});
});
