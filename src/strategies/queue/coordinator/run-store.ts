import { randomBytes } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DownloadOptions } from '../../../download/options.ts';
import { CannotRunError, UsageError } from '../../../util/errors.ts';
import { VERSION } from '../../../util/version.ts';
import type { QueueOptions } from '../options.ts';
import {
	jobIdOf,
	KEEP_S,
	keysOf,
	pointerKey,
	type RunKeys,
	WORKER_GONE_MS,
	workersKey,
} from '../redis/keys.ts';
import { isCompatible, readRecord, writeRecord } from '../wire/run-record.ts';
import { type ShardMessage, WIRE_VERSION } from '../wire/shard-message.ts';
import type { CutShard } from './shard-cutter.ts';

/** What Redis holds of a run, as its coordinator sees it. */
export interface RunStore {
	/** Unique: the identifier and something that no earlier run had. */
	readonly name: string;
	readonly keys: RunKeys;
	/** Whether another coordinator began it. */
	readonly isResumed: boolean;
	/** Puts a shard on the queue; the second time nothing happens. */
	add(shard: CutShard): Promise<void>;
	/** @returns Whether it had to be written anew: Redis had forgotten it. */
	keepAlive(): Promise<boolean>;
	/** Number of workers that have given a sign of life within ten seconds. */
	countWorkers(): Promise<number>;
	/** Its outcomes are all here: what is done of it need not be known any more. */
	forget(shard: number): Promise<void>;
	/**
	 * Tells everybody that nothing more is wanted; the run can be taken up again.
	 *
	 * @returns False where it is another coordinator's by now, and goes on.
	 */
	stop(): Promise<boolean>;
	/** Removes everything: every outcome has been handed on. */
	end(): Promise<void>;
}

/** A worker that still holds a shard may ask what is done of it. */
const FORGET_S = 60;

/**
 * Begins a run, or takes it up.
 *
 * @throws {UsageError} When it cannot be taken up so.
 * @throws {CannotRunError} When it was begun by another version.
 */
export async function openRunStore(
	client: Redis,
	queue: Queue<ShardMessage>,
	{ prefix, runId, shardSize }: QueueOptions,
	options: DownloadOptions,
): Promise<RunStore> {
	const pointer = pointerKey(prefix, runId);
	const coordinator = randomBytes(8).toString('hex');
	const known = await client.get(pointer);
	const found =
		known === null ? undefined : readRecord(await client.hgetall(keysOf(prefix, known).record));
	const name = known !== null && found ? known : `${runId}.${randomBytes(4).toString('hex')}`;
	const keys = keysOf(prefix, name);

	if (found !== undefined && !isCompatible(found.version, VERSION)) {
		throw new CannotRunError(
			`run ${runId} was begun by flagdl ${found.version}, this is ${VERSION}; install the same version, or give another --run-id`,
		);
	}
	if (found !== undefined && found.shardSize !== shardSize) {
		throw new UsageError(
			`--shard-size: found ${shardSize}, but run ${runId} was begun with ${found.shardSize}; give the same, or another --run-id`,
		);
	}

	const write = async () => {
		await client
			.multi()
			.hset(keys.record, writeRecord({ version: VERSION, options, shardSize, coordinator }))
			// Workers add to a stream that is there, and to no other.
			.xadd(keys.outcomes, '*', 'begun', coordinator)
			.set(pointer, name)
			.exec();
		await expireLater();
	};
	const expireLater = async () => {
		await client
			.pipeline()
			.expire(keys.record, KEEP_S)
			.expire(keys.outcomes, KEEP_S)
			.expire(pointer, KEEP_S)
			.exec();
	};
	await write();

	return {
		name,
		keys,
		isResumed: found !== undefined,
		async add({ number, wire, digest }) {
			const message: ShardMessage = {
				wire: WIRE_VERSION,
				run: name,
				shard: number,
				first: number * shardSize,
				digest,
				targets: wire,
			};
			await queue.add('shard', message, {
				jobId: jobIdOf(name, number),
				removeOnComplete: true,
				removeOnFail: { age: KEEP_S, count: 1000 },
			});
		},
		async keepAlive() {
			const owner = await client.hget(keys.record, 'coordinator');
			if (owner === null) {
				await write();
				return true;
			}
			if (owner !== coordinator) {
				throw new CannotRunError(
					`another coordinator has taken over run ${runId}; this one ends, that one goes on`,
				);
			}
			await expireLater();
			return false;
		},
		async countWorkers() {
			// Not all of them: the last that was killed is removed by nobody.
			const [seconds] = await client.time();
			const sinceMs = Number(seconds) * 1000 - WORKER_GONE_MS;
			return await client.zcount(workersKey(prefix), sinceMs, '+inf');
		},
		async forget(shard) {
			await client.expire(keys.shard(shard), FORGET_S);
		},
		async stop() {
			if ((await client.hget(keys.record, 'coordinator')) !== coordinator) {
				return false;
			}
			await client.hset(keys.record, 'stopped', '1');
			await client.publish(keys.channel, JSON.stringify({ type: 'stopped' }));
			return true;
		},
		async end() {
			const { record, outcomes, names, gate, answers, pauses, turns } = keys;
			await client.unlink(pointer, record, outcomes, names, gate, answers, pauses, turns);
		},
	};
}
