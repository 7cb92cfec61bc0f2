import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { connect, loadLibraries } from '../../../src/strategies/queue/redis/connection.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../../helpers/redis.ts';

// Errors of Redis during a failover are no bug: the run waits, and then fails with the address of Redis.
describe.skipIf(skipWithoutRedis())('a Redis that refuses for a while', () => {
	let redis: TestRedis;
	beforeEach(async () => {
		redis = await startRedis();
	});
	afterEach(async () => await redis.close());

	const open = async (url: string, awayMaxMs = 60_000) => {
		const told: string[] = [];
		const link = await connect(
			await loadLibraries(),
			parseRedisUrl(url),
			(code) => told.push(code),
			{ awayMaxMs },
		);
		onTestFinished(() => link.close());
		return { link, told };
	};
	const control = () => {
		const client = new Redis(redis.url, { enableReadyCheck: false });
		client.on('error', () => {});
		onTestFinished(() => client.disconnect());
		return client;
	};

	it('answers late what it refused as a replica, and says once that it was away', async () => {
		const { link, told } = await open(redis.url);
		const other = await startRedis();
		onTestFinished(async () => await other.close());
		await redis.client.replicaof('127.0.0.1', other.port);
		const answer = link.client.set('a', '1');
		await redis.until(async () => await Promise.resolve(told.length > 0));
		await new Promise((resolve) => setTimeout(resolve, 600)); // Refused several times.
		await redis.client.replicaof('NO', 'ONE');

		expect(await answer).toBe('OK');
		await redis.until(async () => await Promise.resolve(told.length > 1));
		expect(told).toEqual(['redis_away', 'redis_back']);
	});

	it('is given up with its address where it stays a replica', async () => {
		const { link } = await open(redis.url, 500);
		await redis.client.replicaof('127.0.0.1', 1);

		const error = await link.client.set('a', '1').catch((reason: unknown) => reason);

		const { reason } = link.lost as { readonly reason?: Error };
		expect((reason ?? (link.explain(error) as Error)).message).toContain(
			`cannot go on without Redis at ${redis.url}: READONLY`,
		);
	});

	it('answers late what it refused without its master', async () => {
		const { link, told } = await open(redis.url);
		await redis.client.config('SET', 'replica-serve-stale-data', 'no');
		await redis.client.replicaof('127.0.0.1', 1);
		const answer = link.client.get('a');
		await redis.until(async () => await Promise.resolve(told.length > 0));
		await redis.client.replicaof('NO', 'ONE');

		expect(await answer).toBeNull();
	});

	it('answers late what it refused while a script kept it busy', async () => {
		await redis.client.config('SET', 'busy-reply-threshold', '50');
		const { link, told } = await open(redis.url);
		const busy = control();
		const script = busy.eval('while true do end', 0).catch(() => {});
		await new Promise((resolve) => setTimeout(resolve, 200));
		const answer = link.client.get('a');
		await redis.until(async () => await Promise.resolve(told.length > 0));
		await control().call('SCRIPT', 'KILL');
		await script;

		expect(await answer).toBeNull();
	});

	it('is asked again where a wait was ended for it', async () => {
		const { link } = await open(redis.url);
		const id = await link.client.client('ID');
		const waiting = link.client.blpop('list', 0);
		await redis.until(async () => String(await redis.client.client('LIST')).includes(`id=${id} `));
		await redis.client.client('UNBLOCK', id, 'ERROR');
		await redis.client.rpush('list', 'a');

		expect(await waiting).toEqual(['list', 'a']);
	});

	it('is waited for while it loads what it had stored', async () => {
		await redis.client.config('SET', 'key-load-delay', '200').catch(() => {});
		const { link } = await open(redis.url);
		for (let key = 0; key < 20; key += 1) {
			await link.client.set(`key${key}`, 'x'.repeat(1000));
		}
		await redis.kill();
		const answer = link.client.get('key7');
		await redis.start();

		expect(await answer).toBe('x'.repeat(1000));
	});
});
