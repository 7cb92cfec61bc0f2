import { randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Queue } from 'bullmq';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import { type Fleet, fleetForEach, readRun, startRun, startWorker } from '../helpers/fleet.ts';
import { type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { answerNumbered, listOf } from '../helpers/numbered-files.ts';
import { freePort, skipWithoutRedis, startRedis, type TestRedis } from '../helpers/redis.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { TestAuthority } from '../helpers/tls.ts';
import { expectWithin } from '../helpers/within.ts';

const NO_REDIS = skipWithoutRedis();
const QUEUE = ['--strategy', 'queue'];
/** The record of a run that another flagdl has begun. */
const OTHER_VERSION = {
	...{ wire: '3', version: '99.1.0', options: JSON.stringify(DEFAULT_OPTIONS), list: 'x' },
	...{ name: 'old.00000000', shardSize: '5', coordinator: 'another', begunMs: '1' },
};
const DIGEST = '0123456789ab';

let cwd: string;
beforeEach(async () => {
	cwd = await temporaryFolder();
});

describe.skipIf(NO_REDIS)('get --strategy queue and worker', () => {
	let redis: TestRedis;
	let server: HoldServer;
	let fleet: Fleet;

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

		// Not after its lock: the other asks for the one that is missing, and for no other.
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

	// With 30 the worker has every shard: nothing else that comes along would free it of them.
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

	describe('what whoever can write to Redis could send', () => {
		let queue: Queue;
		beforeEach(() => {
			queue = new Queue('shards', { connection: redis.client, prefix: '{flagdl}' });
			onTestFinished(async () => await queue.close());
		});

		const shard = { wire: 3, run: 'evil', shard: 0, digest: DIGEST };
		const target = { url: 'http://127.0.0.1:1/a.gif', dest: 'a.gif' };

		it.each([
			['no object', 'boo', 'shard: found a text of 3 characters, expected an object'],
			['another format', { ...shard, wire: 1, targets: [target] }, 'wire: found 1, expected 3'],
			['no target', { ...shard, targets: [] }, 'targets: found no target'],
			[
				'a path that leads out',
				{ ...shard, targets: [{ ...target, dest: '../../etc/passwd' }] },
				'targets[0].dest: found ".." in the destination',
			],
			[
				'an absolute path',
				{ ...shard, targets: [{ ...target, dest: '/etc/passwd' }] },
				'targets[0].dest: found the absolute path "/etc/passwd" as destination',
			],
			[
				'the reserved folder',
				{ ...shard, targets: [{ ...target, dest: '.flagdl/a.gif' }] },
				'targets[0].dest: found the destination .flagdl',
			],
			[
				'what is no URL of HTTP',
				{ ...shard, targets: [{ ...target, url: 'file:///etc/passwd' }] },
				'targets[0].url: found "file:///etc/passwd"',
			],
			['a run that is not there', { ...shard, targets: [target] }, 'there is no run evil any more'],
		])('refuses %s', async (_, data, reason) => {
			const worker = await startWorker(fleet);
			await queue.add('shard', data, { jobId: 'evil-0' });
			await worker.says(/shard evil-0 refused/);

			const job = await queue.getJob('evil-0');
			expect(await job?.getState()).toBe('failed');
			expect(job?.failedReason).toContain(reason);
			expect(await readdir(join(cwd, 'files'))).toEqual([]);
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
		const target = { url: 'http://127.0.0.1:1/a.gif', dest: 'a.gif' };
		await queue.add(
			'shard',
			{ wire: 3, run: 'old.00000000', shard: 0, digest: DIGEST, targets: [target] },
			{ jobId: 'old-0', attempts: 10, backoff: 1000 },
		);

		await worker.says(/run old\.0{8} was begun by flagdl 99\.1\.0, this is /);
		// Another worker may be of that version; this one goes on with other runs.
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

describe.skipIf(NO_REDIS)('what is secret in a run', () => {
	const KEY = { FLAGDL_QUEUE_KEY: 'a key that both sides share' };
	let redis: TestRedis;
	let server: HoldServer;
	let fleet: Fleet;
	beforeEach(async () => {
		redis = await startRedis();
		onTestFinished(async () => await redis.close());
		server = await startHoldServer();
		server.answer(undefined, answerNumbered);
		onTestFinished(async () => await server.close());
		fleet = { redis, cwd };
	});
	const LOGIN = ['-u', 'me:hush-hush', '-H', 'x-token: t0ken-t0ken', '--shard-size', '5'];
	/** All that Redis has, as it would be in a backup. */
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

		const stored = await everything();
		expect(stored).toContain('{flagdl}:run:r');
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
		const ran = await startFlagdl(args, cwd, { input: list }).ended;

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
		const evil = { wire: 3, run: name, shard: 1, digest: DIGEST };
		await queue.add('shard', { ...evil, targets: [{ url: `${server.url}/evil.gif`, dest: 'a' }] });
		await worker.says(/refused: it is not sealed, and its run is/);
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

describe.skipIf(NO_REDIS)('how Redis is reached', () => {
	it('tells nobody the password, of the URL or of the environment', async () => {
		const password = randomUUID();
		const redis = await startRedis('--requirepass', password);
		onTestFinished(async () => await redis.close());
		const server = await startHoldServer();
		onTestFinished(async () => await server.close());
		const url = `redis://127.0.0.1:${redis.port}`;

		const worker = await startWorker({ redis, cwd });
		const args = ['-d', 'files', '--redis', url, ...QUEUE, `${server.url}/a.gif`, '-v'];
		const ran = await flagdl(args, cwd, { env: { FLAGDL_REDIS_PASSWORD: password } });
		const fromEnv = await flagdl(
			['-d', 'files', '--if-exists', 'overwrite', ...QUEUE, `${server.url}/a.gif`],
			cwd,
			{ env: { FLAGDL_REDIS_URL: redis.url } },
		);
		const wrong = await flagdl(args, cwd, { env: { FLAGDL_REDIS_PASSWORD: `${password}!` } });
		const none = await flagdl(args, cwd);
		worker.child.kill('SIGTERM');

		expect(ran.code).toBe(0);
		expect(fromEnv.code).toBe(0);
		expect(wrong).toMatchObject({ code: 4 });
		expect(wrong.stderr).toContain(`cannot go on without Redis at ${url}: WRONGPASS`);
		expect(none).toMatchObject({ code: 4 });
		expect(none.stderr).toContain(`cannot go on without Redis at ${url}: NOAUTH`);
		for (const { stdout, stderr } of [ran, fromEnv, wrong, none, await worker.ended]) {
			expect(stdout + stderr).not.toContain(password);
		}
	});

	it('speaks TLS with a user of the access control list', async () => {
		const authority = new TestAuthority(cwd, 'authority');
		const { cert, key } = authority.issue('server');
		const [ca, crt, secret] = ['ca.pem', 'server.pem', 'server.key.pem'].map((name) =>
			join(cwd, name),
		) as [string, string, string];
		await writeFile(ca, authority.cert);
		await writeFile(crt, cert);
		await writeFile(secret, key);
		const tlsPort = String(await freePort());
		const redis = await startRedis(
			...['--tls-port', tlsPort, '--tls-cert-file', crt, '--tls-key-file', secret],
			...['--tls-ca-cert-file', ca, '--tls-auth-clients', 'no'],
			...['--user', 'flagdl', 'on', '>s3cret', '~{flagdl}*', '&{flagdl}*', '+@all'],
		);
		onTestFinished(async () => await redis.close());
		const server = await startHoldServer();
		onTestFinished(async () => await server.close());
		const url = `rediss://flagdl:s3cret@localhost:${tlsPort}`;
		const env = { NODE_EXTRA_CA_CERTS: ca };

		const worker = await startWorker({ redis: { ...redis, url }, cwd }, [], env);
		const args = ['-d', 'files', '--redis', url, ...QUEUE, `${server.url}/a.gif`];
		const trusted = await flagdl(args, cwd, { env });
		const stranger = await flagdl(args, cwd);
		worker.child.kill('SIGTERM');

		expect(trusted.code).toBe(0);
		expect(stranger.code).toBe(4);
		expect(stranger.stderr).toContain(`Redis at rediss://localhost:${tlsPort}: SELF_SIGNED_CERT`);
		expect((await worker.ended).stderr).not.toContain('s3cret');
	});
});

describe('without a Redis', () => {
	it.each([
		['get', [...QUEUE, '--redis', 'redis://me:hush@127.0.0.1:1', 'br']],
		['worker', ['worker', '--redis', 'redis://me:hush@127.0.0.1:1']],
	])('%s gives up after some tries, with its address and without its password', async (_, args) => {
		const { code, stderr } = await flagdl(args, cwd);

		expect(code).toBe(4);
		expect(stderr).toContain('cannot go on without Redis at redis://127.0.0.1:1: ECONNREFUSED');
		expect(stderr).not.toContain('hush');
	});

	it.each([
		[[...QUEUE, 'br'], 'found no Redis to use; give --redis redis://host:6379'],
		[
			[...QUEUE, '--redis', 'http://x', 'br'],
			'--redis: found the scheme "http:"; allowed: redis://',
		],
		[[...QUEUE, '--redis', 'redis://h', '--run-id', 'a b', 'br'], '--run-id: found "a b"'],
		[['--redis', 'redis://h', 'br'], '--redis is for --strategy queue; give both, or none'],
		[['--shard-size', '3', 'br'], '--shard-size is for --strategy queue'],
		[['worker', '--redis', 'redis://h', '--queue-prefix', '{x}'], '--queue-prefix: found "{x}"'],
		[['worker', '--redis', 'redis://h', '--strategy', 'sequential'], 'async, threads'],
	])('%j is a usage error', async (args, message) => {
		const { code, stderr } = await flagdl(args, cwd);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
	});

	it.each([
		['get', [...QUEUE, '--redis', 'redis://127.0.0.1:1', 'br']],
		['worker', ['worker', '--redis', 'redis://127.0.0.1:1']],
	])('%s says how to install what is missing', async (_, args) => {
		// Node as it is where the optional peers were not installed.
		const hooks = `export async function resolve(specifier, context, next) {
	if (specifier === 'bullmq') throw Object.assign(new Error('no bullmq'), { code: 'ERR_MODULE_NOT_FOUND' });
	return await next(specifier, context);
}`;
		await writeFile(join(cwd, 'hooks.mjs'), hooks);
		const register = `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(join(cwd, 'hooks.mjs')).href)});`;
		await writeFile(join(cwd, 'register.mjs'), register);
		const env = { NODE_OPTIONS: `--import=${pathToFileURL(join(cwd, 'register.mjs')).href}` };

		const { code, stderr } = await flagdl(args, cwd, { env });

		expect(code).toBe(4);
		expect(stderr).toContain('not installed; run: npm install bullmq@6 ioredis@6');
	});
});

async function heard(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<void> {
	let text = '';
	await new Promise<void>((resolve) => {
		stream?.on('data', (more: string) => {
			text += more;
			if (pattern.test(text)) {
				resolve();
			}
		});
	});
}
