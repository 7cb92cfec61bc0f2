import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
	type Fleet,
	fleetForEach,
	readRun,
	startRun,
	startWorker,
	type WorkerProcess,
} from '../helpers/fleet.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { answerWithFaults, contentOf } from '../helpers/numbered-files.ts';
import { skipWithoutRedis, type TestRedis } from '../helpers/redis.ts';

// SIGKILL, SIGSTOP and restarts, at moments when something could be lost or done twice.
describe.skipIf(skipWithoutRedis())('a run over many machines', () => {
	let redis: TestRedis;
	let server: HoldServer;
	let fleet: Fleet;

	fleetForEach((given, itsServer) => {
		[fleet, redis, server] = [given, given.redis, itsServer];
	});

	const expectWhole = async (count: number) => {
		const names = (await readdir(join(fleet.cwd, 'files'))).filter((name) => name.endsWith('.gif'));
		expect(names.length).toBe(count);
		for (let number = 0; number < count; number += 1) {
			const content = await readFile(join(fleet.cwd, 'files', `${number}.gif`));
			expect(content.equals(contentOf(number)), `content of ${number}.gif`).toBe(true);
		}
	};
	const timesAsked = (path: string) => server.requests.filter(({ url }) => url === path).length;

	it('has the shard of a killed worker taken up by another within 10 s', {
		timeout: 40_000,
	}, async () => {
		server.hold('/7.gif');
		const first = await startWorker(fleet);
		const run = startRun(fleet, 20, server.url, ['--shard-size', '20']);
		await server.arrivals(20);
		await first.says(/waiting/);
		await startWorker(fleet);

		const killedMs = performance.now();
		await first.kill();
		await server.arrivals(21);
		expect(performance.now() - killedMs).toBeLessThan(10_000);
		server.release();

		const { end } = readRun(await run.ended, 20);
		expect(end).toMatchObject({ exitCode: 0, totals: { ok: 20 } });
		await expectWhole(20);
		expect(timesAsked('/7.gif')).toBe(2);
	});

	it.each(['skip', 'update', 'overwrite', 'fail'])(
		'counts as done what a killed worker made and could not tell, under --if-exists %s',
		{ timeout: 40_000 },
		async (ifExists) => {
			server.hold();
			const first = await startWorker(fleet, ['-c', '8']);
			const args = ['--shard-size', '20', '--if-exists', ifExists];
			const run = startRun(fleet, 10, server.url, args);
			await server.arrivals(8);
			// The worker creates files, and Redis receives no report.
			redis.signal('SIGSTOP');
			server.release();
			await server.arrivals(10);
			await untilFiles(join(fleet.cwd, 'files'), 10);
			await first.kill();
			redis.signal('SIGCONT');
			await startWorker(fleet);

			const { outcomes, end } = readRun(await run.ended, 10);
			expect(outcomes.map(({ status }) => status)).toEqual(Array(10).fill('ok'));
			expect(outcomes.map(({ bytes }) => bytes).every((bytes) => bytes > 300)).toBe(true);
			expect(end.exitCode).toBe(0);
			await expectWhole(10);
			// No file is requested twice.
			expect(server.requests.length).toBe(10);
		},
	);

	it('is not spoilt by a worker that was only slow', { timeout: 60_000 }, async () => {
		server.hold();
		const slow = await startWorker(fleet, ['-c', '8']);
		const run = startRun(fleet, 40, server.url, ['--shard-size', '20', '--if-exists', 'fail']);
		await server.arrivals(8);
		slow.child.kill('SIGSTOP');
		onTestFinished(() => void slow.child.kill('SIGCONT'));
		server.release();
		server.hold('/19.gif', '/39.gif');
		await startWorker(fleet, ['-c', '8']);
		// The other worker requests all files of one of the slow worker's shards.
		await server.arrivals(8 + 20);
		slow.child.kill('SIGCONT');
		await sleep(1500); // It resumes, finds its lock expired, and reports its outcomes.
		server.release();

		const { end } = readRun(await run.ended, 40);
		expect(end).toMatchObject({ exitCode: 0, totals: { ok: 40 } });
		await expectWhole(40);
	});

	it('does not lose the lock of a worker whose event loop is busy', {
		timeout: 60_000,
	}, async () => {
		server.hold();
		// Busy for longer than the interval of lock renewal, and than that of the search for abandoned shards.
		const busy = `import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('SIGUSR2', () => {
	for (const startMs = Date.now(); Date.now() - startMs < 5_000; );
	process.stderr.write('busy no more\\n');
});`;
		const options = `--import=data:text/javascript,${encodeURIComponent(busy)}`;
		const first = await startWorker(fleet, ['-c', '4'], { NODE_OPTIONS: options });
		const run = startRun(fleet, 4, server.url, ['--shard-size', '4']);
		await server.arrivals(4);
		first.child.kill('SIGUSR2');
		await startWorker(fleet);
		await first.says(/busy no more/);
		server.release();

		const { end } = readRun(await run.ended, 4);
		expect(end).toMatchObject({ exitCode: 0, totals: { ok: 4 } });
		// The other worker made no request.
		expect(server.requests.length).toBe(4);
	});

	it('is taken up by a coordinator with the same --run-id', { timeout: 60_000 }, async () => {
		server.hold('/30.gif');
		await startWorker(fleet, ['-c', '8']);
		const args = ['--shard-size', '10', '--run-id', 'tuesday'];
		const first = startRun(fleet, 300, server.url, args);
		await server.arrivals(100);
		first.child.kill('SIGKILL');
		await first.ended;
		server.release();

		const again = startRun(fleet, 300, server.url, args);
		const { end } = readRun(await again.ended, 300);
		expect(end).toMatchObject({ exitCode: 0, totals: { ok: 300 } });
		await expectWhole(300);
		expect(server.requests.length).toBe(300);
	});

	it('goes on when Redis is killed and comes back', { timeout: 60_000 }, async () => {
		server.hold('/30.gif', '/77.gif');
		await startWorker(fleet, ['-c', '8']);
		await startWorker(fleet, ['-c', '8']);
		const run = startRun(fleet, 400, server.url, ['--shard-size', '20']);
		await server.arrivals(150);
		await redis.kill();
		server.release();
		await sleep(1000); // Redis is down for a second.
		await redis.start();

		const ran = await run.ended;
		const { end, events } = readRun(ran, 400);
		expect(end).toMatchObject({ exitCode: 0, totals: { ok: 400 } });
		expect(events.filter(({ type }) => type === 'warning').map(({ code }) => code)).toEqual([
			'redis_away',
			'redis_back',
		]);
		await expectWhole(400);
	});

	it('fails the shard that has ended three workers, and ends', { timeout: 90_000 }, async () => {
		server.hold('/13.gif');
		let worker = await startWorker(fleet, ['-c', '4']);
		const run = startRun(fleet, 30, server.url, ['--shard-size', '10']);
		for (let times = 1; times <= 3; times += 1) {
			await untilAsked('/13.gif', times);
			await worker.kill();
			worker = await startWorker(fleet, ['-c', '4']);
		}

		const { outcomes, end } = readRun(await run.ended, 30);
		expect(end.exitCode).toBe(1);
		const failed = outcomes.filter(({ status }) => status === 'error');
		const ids = failed.map(({ id }) => id);
		expect(ids).toContain(`${server.url}/13.gif`);
		// Only of its own shard, and only targets without an outcome.
		expect(ids.filter((id) => !/\/1\d\.gif$/.test(id))).toEqual([]);
		expect(new Set(failed.map(({ error }) => error?.code))).toEqual(new Set(['shard_failed']));
		expect(failed[0]?.error?.causes).toEqual(['it has ended 3 workers']);
		expect(end.totals?.['ok']).toBe(30 - failed.length);
		expect(await redis.client.zcard('{flagdl}:shards:failed')).toBe(1);
		expect(timesAsked('/13.gif')).toBe(3);
	});

	it('gives 5,000 targets one outcome each while five workers are killed', {
		timeout: 120_000,
	}, async () => {
		server.answer(undefined, answerWithFaults(0.1));
		const args = ['-c', '16'];
		const workers: WorkerProcess[] = [];
		for (let index = 0; index < 3; index += 1) {
			workers.push(await startWorker(fleet, args));
		}
		const run = startRun(fleet, 5000, server.url, ['--shard-size', '100', '--seed', '1']);

		for (let kills = 0; kills < 5; kills += 1) {
			await server.arrivals(400 + kills * 900);
			const index = Math.floor(Math.random() * workers.length);
			const victim = workers[index];
			const next = startWorker(fleet, args);
			await victim?.kill();
			workers[index] = await next;
		}

		const { end } = readRun(await run.ended, 5000);
		expect(end).toMatchObject({ exitCode: 0, totals: { ok: 5000 } });
		await expectWhole(5000);
	});

	const untilAsked = async (path: string, times: number) => {
		while (timesAsked(path) < times) {
			await server.arrivals(server.requests.length + 1);
		}
	};
});

async function untilFiles(folder: string, count: number): Promise<void> {
	for (;;) {
		const names = await readdir(folder);
		if (names.filter((name) => name.endsWith('.gif')).length === count) {
			return;
		}
		await sleep(10);
	}
}
