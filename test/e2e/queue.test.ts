import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import {
	type Fleet,
	fleetForEach,
	heard,
	readRun,
	startRun,
	startWorker,
} from '../helpers/fleet.ts';
import { GIF } from '../helpers/held-content.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { listOf } from '../helpers/numbered-files.ts';
import { skipWithoutRedis, type TestRedis } from '../helpers/redis.ts';
import { expectWithin } from '../helpers/within.ts';

const QUEUE = ['--strategy', 'queue'];

describe.skipIf(skipWithoutRedis())('get --strategy queue and worker', () => {
	let redis: TestRedis;
	let server: HoldServer;
	let fleet: Fleet;

	let cwd: string;
	fleetForEach((given, itsServer) => {
		[fleet, redis, server] = [given, given.redis, itsServer];
		cwd = fleet.cwd;
	});

	it('has the exit code and the summary of any other strategy', async () => {
		server.answer('/3.gif', (_request, response) => response.writeHead(404).end());
		await startWorker(fleet);

		const ran = await startRun(fleet, 5, server.url).ended;

		expect(ran.code).toBe(1);
		expect(readRun(ran, 5).end.totals).toMatchObject({ ok: 4, not_found: 1 });
		expect(ran.stderr).toContain('Saved 4 of 5 files');
	});

	it('says that the workers have the files', async () => {
		await startWorker(fleet);

		const ran = await startRun(fleet, 5, server.url).ended;

		expect(ran.stderr).toMatch(/^5 files .* saved to the directory of 1 worker in /m);
	});

	it('saves flags of the bundled server', async () => {
		await startWorker(fleet);

		const args = ['br', 'cn', ...QUEUE, '--redis', redis.url, '-d', 'files', '--progress', 'none'];
		expect(await flagdl(args, cwd)).toMatchObject({ code: 0 });

		const files = await readdir(join(cwd, 'files'));
		expect(files.filter((name) => name.endsWith('.gif')).sort()).toEqual(['br.gif', 'cn.gif']);
	});

	it('takes no file for its own that has another digest and appeared meanwhile', async () => {
		const path = join(cwd, 'files', 'a.gif');
		server.answer('/a.gif', (_request, response) => {
			void writeFile(path, 'of the user').then(() => response.end(GIF));
		});
		const target = {
			url: `${server.url}/a.gif`,
			sha256: createHash('sha256').update(GIF).digest('hex'),
		};
		await writeFile(join(cwd, 'list'), JSON.stringify(target));
		await startWorker(fleet);

		const args = ['-i', 'list', ...QUEUE, '--redis', redis.url, '-d', 'files', '--json'];
		const { code, stdout } = await flagdl(args, cwd);

		expect(code).toBe(1);
		expect(stdout).toContain('"code":"file_exists"');
		expect(await readFile(path, 'utf8')).toBe('of the user');
	});

	it('lets each worker save where it wants to, and says what it does', async () => {
		const worker = await startWorker(fleet, ['-d', 'elsewhere', '--max-shards', '2']);

		const run = startRun(fleet, 8, server.url, ['--shard-size', '4', '--run-id', 'r1']);

		expect(await worker.ended).toMatchObject({ code: 0 });
		const { stderr } = await worker.ended;
		expect(stderr).toMatch(/run r1\.\w+ shard 0: 4 targets in \d+\.\d s: 4 ok/);
		expect(stderr).toMatch(/run r1\.\w+ shard 1: 4 targets/);
		expect((await run.ended).code).toBe(0);
		expect(await readdir(join(cwd, 'files'))).toEqual([]);
		const files = await readdir(join(cwd, 'elsewhere'));
		expect(files.filter((name) => name.endsWith('.gif')).length).toBe(8);
	});

	it('gives its shard back at once on SIGTERM', async () => {
		server.hold('/5.gif');
		const first = await startWorker(fleet);
		const run = startRun(fleet, 10, server.url, ['--shard-size', '10']);
		await server.arrivals(10);
		await startWorker(fleet);

		const startMs = performance.now();
		first.child.kill('SIGTERM');
		expect(await first.ended).toMatchObject({ code: 143 });
		expectWithin(1000, startMs);

		// Before its lock expires, the other worker requests the missing file, and no other.
		await server.arrivals(11);
		expectWithin(3000, startMs);
		server.release();
		expect(readRun(await run.ended, 10).end).toMatchObject({ exitCode: 0, totals: { ok: 10 } });
		expect(server.requests.length).toBe(11);
	});

	it('ends on SIGTERM when it has nothing to do', async () => {
		const worker = await startWorker(fleet);
		worker.child.kill('SIGTERM');
		expect(await worker.ended).toMatchObject({ code: 143 });
	});

	it('says that there is no worker, and goes on when there is one', async () => {
		const run = startRun(fleet, 3, server.url, ['--progress', 'none']);
		await heard(run.child.stderr, /no worker takes shards from redis:/);

		await startWorker(fleet);

		expect((await run.ended).code).toBe(0);
	});

	// With 30 the worker has every shard, and no further job would release it from them.
	it.each([20, 30])(
		'ends by SIGINT within a second, and is taken up again, after %d',
		async (asked) => {
			server.hold('/8.gif');
			await startWorker(fleet, ['-c', '4']);
			const args = ['--shard-size', '5', '--run-id', 'again'];
			const run = startRun(fleet, 30, server.url, args);
			await server.arrivals(asked);
			const startMs = performance.now();
			run.child.kill('SIGINT');
			const ran = await run.ended;
			expectWithin(1000, startMs);
			expect(ran.code).toBe(130);
			const { outcomes } = readRun(ran, 30);
			expect(outcomes.filter(({ status }) => status === 'cancelled').length).toBeGreaterThan(0);
			await server.idle();
			server.release();

			const again = readRun(await startRun(fleet, 30, server.url, args).ended, 30);
			expect(again.end).toMatchObject({ exitCode: 0, totals: { ok: 30 } });
		},
	);

	it('does not take up a run with another list, or other shards', async () => {
		await startWorker(fleet);
		server.hold('/4.gif');
		const args = ['--shard-size', '5', '--run-id', 'r'];
		const first = startRun(fleet, 5, server.url, args);
		await server.arrivals(5);
		first.child.kill('SIGKILL');
		await first.ended;

		const other = startFlagdl(
			['-i', '-', '-d', 'files', ...QUEUE, '--redis', redis.url, ...args],
			cwd,
			{ input: listOf(6, server.url).split('\n').reverse().join('\n') },
		);
		const size = startRun(fleet, 5, server.url, ['--shard-size', '6', '--run-id', 'r']);

		expect(await other.ended).toMatchObject({ code: 2 });
		expect((await other.ended).stderr).toContain('run r was begun with another list');
		expect(await size.ended).toMatchObject({ code: 2 });
		expect((await size.ended).stderr).toContain(
			'--shard-size: found 6, but run r was begun with 5',
		);
	});

	it('ends when another coordinator takes its run over', async () => {
		server.hold();
		await startWorker(fleet);
		const first = startRun(fleet, 5, server.url, ['--run-id', 'r']);
		await server.arrivals(5);

		const second = startRun(fleet, 5, server.url, ['--run-id', 'r']);
		const ran = await first.ended;
		server.release();

		expect(ran.code).toBe(4);
		expect(ran.stderr).toContain('another coordinator has taken over run r');
		expect(readRun(await second.ended, 5).end.totals).toMatchObject({ ok: 5 });
		expect(server.requests.length).toBe(5);
	});
});
