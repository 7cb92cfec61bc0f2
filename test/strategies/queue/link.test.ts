import { describe, expect, it, onTestFinished } from 'vitest';
import { parseRedisUrl } from '../../../src/cli/redis-settings.ts';
import { connect, loadLibraries } from '../../../src/strategies/queue/redis/connection.ts';
import { CannotRunError } from '../../../src/util/errors.ts';
import { skipWithoutRedis, startRedis } from '../../helpers/redis.ts';
import { expectWithin } from '../../helpers/within.ts';

describe.skipIf(skipWithoutRedis())('the link to Redis', () => {
	const open = async (awayMaxMs: number) => {
		const redis = await startRedis();
		onTestFinished(async () => await redis.close());
		const told: string[] = [];
		const link = await connect(
			await loadLibraries(),
			parseRedisUrl(redis.url),
			(code, message) => told.push(`${code}: ${message}`),
			{ firstTries: 3, awayMaxMs },
		);
		onTestFinished(() => link.close());
		return { redis, link, told };
	};

	it('answers late what was asked while Redis was away', async () => {
		const { redis, link, told } = await open(20_000);
		await link.client.set('a', '1');
		await redis.kill();
		const answer = link.client.get('a');
		await redis.start();

		expect(await answer).toBe('1');
		expect(told).toEqual([
			`redis_away: Redis at ${redis.url} is away; waiting up to 20 s for it`,
			`redis_back: Redis at ${redis.url} is back`,
		]);
		expect(link.lost.aborted).toBe(false);
	});

	it('is lost when Redis stays away, and whoever asks is told', async () => {
		const { redis, link } = await open(500);
		await redis.kill();
		const answer = link.client.get('a');

		await expect(answer).rejects.toThrow();
		expect(link.lost.reason).toBeInstanceOf(CannotRunError);
		expect((link.lost.reason as Error).message).toMatch(
			new RegExp(`^cannot go on without Redis at ${redis.url}: ECONNREFUSED \\(\\d+ tries\\)$`),
		);
	});

	it('gives up at once where a further try changes nothing', async () => {
		const redis = await startRedis('--requirepass', 'right');
		onTestFinished(async () => await redis.close());
		const wrong = parseRedisUrl(`redis://:wrong@127.0.0.1:${redis.port}`);

		const startMs = performance.now();
		await expect(connect(await loadLibraries(), wrong)).rejects.toThrow('WRONGPASS');
		expectWithin(1000, startMs);
	});

	it('gives up where somebody accepts and says nothing', async () => {
		const redis = await startRedis();
		onTestFinished(async () => await redis.close());
		redis.signal('SIGSTOP');
		onTestFinished(() => redis.signal('SIGCONT'));

		const connecting = connect(await loadLibraries(), parseRedisUrl(redis.url), () => {}, {
			firstTries: 1,
		});

		await expect(connecting).rejects.toThrow(
			`cannot go on without Redis at ${redis.url}: no answer (1 tries)`,
		);
	});
});
