import { Queue } from 'bullmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unpackRows } from '../../src/strategies/queue/shard.ts';
import { startFlagdl } from '../helpers/flagdl.ts';
import {
	type Fleet,
	fleetForEach,
	heard,
	readRun,
	startRun,
	startWorker,
} from '../helpers/fleet.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { skipWithoutRedis, type TestRedis } from '../helpers/redis.ts';

const QUEUE = ['--strategy', 'queue'];
const DIGEST = '0123456789ab';

describe.skipIf(skipWithoutRedis())('what is secret in a run', () => {
	const KEY = { FLAGDL_QUEUE_KEY: 'a key that both sides share' };
	let redis: TestRedis;
	let server: HoldServer;
	let fleet: Fleet;
	fleetForEach((given, itsServer) => {
		[fleet, redis, server] = [given, given.redis, itsServer];
	});

	const LOGIN = ['-u', 'me:hush-hush', '-H', 'x-token: t0ken-t0ken', '--shard-size', '5'];
	/** All data in Redis, as in a backup. */
	const everything = async () => {
		const texts: string[] = [];
		for (const key of await redis.client.keys('*')) {
			texts.push(key, String(await redis.client.dumpBuffer(key)));
		}
		return texts.join('\n');
	};

	it.each([
		['with a key', KEY],
		['without a key', {}],
	])('reaches the server, and is nowhere in Redis, %s', async (_, env) => {
		server.hold('/7.gif');
		await startWorker(fleet, [], env);
		const run = startRun(fleet, 10, server.url, [...LOGIN, '--run-id', 'r'], env);
		await server.arrivals(10);

		await redis.until(async () => (await everything()).includes('outcomes'));
		const stored = await everything();
		expect(stored).toContain('{flagdl}:run:r');
		const outcomes = /"outcomes":"([^"]+)"/.exec(stored)?.[1] ?? '';
		expect(() => unpackRows(outcomes)).toThrow('outcomes: cannot be inflated');
		for (const secret of ['hush', 't0ken', Buffer.from('me:hush-hush').toString('base64')]) {
			expect(stored).not.toContain(secret);
		}
		server.release();
		expect(readRun(await run.ended, 10).end.totals).toMatchObject({ ok: 10 });
		expect(server.requests.at(-1)?.headers).toMatchObject({ 'x-token': 't0ken-t0ken' });
	});

	it.each([
		['header fields (-u, -H)', ['-u', 'me:hush-hush']],
		['header fields (-u, -H)', ['-H', 'authorization: Bearer hush-hush']],
		['the login of a proxy', ['-x', 'http://me:hush-hush@127.0.0.1:1']],
	])('is worth a key, says get: %s', async (what, args) => {
		await startWorker(fleet);
		const { stdout, stderr } = await startRun(fleet, 3, server.url, [...args, '--retry', '0'])
			.ended;

		expect(stdout).toContain(`${what} will be in Redis, sealed with a key that everyone has`);
		expect(stdout).toContain('set FLAGDL_QUEUE_KEY');
		expect(stdout + stderr).not.toContain('hush');
	});

	it('is worth a key where the list has it', async () => {
		const list = `http://me:hush-hush@${new URL(server.url).host}/1.gif\n`;
		await startWorker(fleet);
		const args = ['-i', '-', '-d', 'files', ...QUEUE, '--redis', redis.url];
		const ran = await startFlagdl(args, fleet.cwd, { input: list }).ended;

		expect(ran.code, ran.stderr).toBe(0);
		expect(ran.stderr).toContain('targets with logins or header fields will be in Redis');
		expect(ran.stderr).not.toContain('hush');
	});

	it.each([
		['no key', {}, 'sealed with another'],
		['another key', { FLAGDL_QUEUE_KEY: 'another key, as long' }, 'sealed with another'],
	])(
		'is left to others by a worker with %s, and both sides say so once',
		async (_, env, message) => {
			const stranger = await startWorker(fleet, [], env);
			const run = startRun(fleet, 10, server.url, LOGIN, KEY);
			await stranger.says(/is left to other workers/);
			await heard(run.child.stdout, /"shards_left"/);

			await startWorker(fleet, [], KEY);
			const ran = await run.ended;
			expect(readRun(ran, 10).end.totals).toMatchObject({ ok: 10 });
			expect(ran.stdout.match(/"shards_left"/g)?.length).toBe(1);
			stranger.child.kill('SIGTERM');
			const ended = await stranger.ended;
			expect(ended.code).toBe(143);
			expect(ended.stderr).toContain(message);
			expect(ended.stderr.match(/is left to other workers/g)?.length).toBe(1);
			expect(ended.stderr).not.toMatch(/hush|t0ken/);
		},
	);

	it('is left to others by a worker without its key that has worked before', async () => {
		const stranger = await startWorker(fleet);
		readRun(await startRun(fleet, 3, server.url).ended, 3);
		const run = startRun(fleet, 10, server.url, [...LOGIN, '--if-exists', 'overwrite'], KEY);
		await stranger.says(/is left to other workers: .*another FLAGDL_QUEUE_KEY/);

		await startWorker(fleet, [], KEY);
		expect(readRun(await run.ended, 10).end.totals).toMatchObject({ ok: 10 });
	});

	it('stops no worker once its run has ended', async () => {
		const stranger = await startWorker(fleet);
		const run = startRun(fleet, 10, server.url, LOGIN, KEY);
		await stranger.says(/is left to other workers/);
		run.child.kill('SIGINT');
		expect((await run.ended).code).toBe(130);

		const next = await startRun(fleet, 3, server.url).ended;
		expect(readRun(next, 3).end.totals).toMatchObject({ ok: 3 });
	});

	it('is taken up with the same key only', async () => {
		server.hold('/4.gif');
		await startWorker(fleet, [], KEY);
		const args = [...LOGIN, '--run-id', 'r'];
		const first = startRun(fleet, 5, server.url, args, KEY);
		await server.arrivals(5);
		first.child.kill('SIGKILL');
		await first.ended;

		const other = { FLAGDL_QUEUE_KEY: 'another key, as long' };
		const refused = await startRun(fleet, 5, server.url, args, other).ended;
		expect(refused.code).toBe(2);
		expect(refused.stderr).toContain('r cannot be taken up: what the run has in Redis was sealed');
		server.release();
		const again = await startRun(fleet, 5, server.url, args, KEY).ended;
		expect(readRun(again, 5).end.totals).toMatchObject({ ok: 5 });
	});

	it('does not go where a message that is not sealed says', async () => {
		server.hold('/4.gif');
		const worker = await startWorker(fleet, [], KEY);
		const run = startRun(fleet, 5, server.url, [...LOGIN, '--run-id', 'r'], KEY);
		await server.arrivals(5);
		const name = await redis.client.hget('{flagdl}:run:r', 'name');
		const queue = new Queue('shards', { connection: redis.client, prefix: '{flagdl}' });
		onTestFinished(async () => await queue.close());
		const evil = { wire: 5, run: name, shard: 1, digest: DIGEST };
		await queue.add('shard', { ...evil, targets: [{ url: `${server.url}/evil.gif`, dest: 'a' }] });
		await worker.says(/refused: shard\.sealed: found nothing/);
		await queue.add('shard', { ...evil, sealed: Buffer.alloc(64).toString('base64') });
		await worker.says(/refused: it was not sealed by the coordinator of its run/);
		server.release();

		expect(readRun(await run.ended, 5).end.totals).toMatchObject({ ok: 5 });
		expect(server.requests.map(({ url }) => url)).not.toContain('/evil.gif');
	});

	it('needs a key that cannot be guessed', async () => {
		const ran = await startRun(fleet, 1, server.url, LOGIN, { FLAGDL_QUEUE_KEY: 'hush' }).ended;

		expect(ran.code).toBe(2);
		expect(ran.stderr).toContain('FLAGDL_QUEUE_KEY: found 4 characters; allowed: 16 or more');
	});
});
