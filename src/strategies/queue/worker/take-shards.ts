import { randomUUID } from 'node:crypto';
import type { Job, Worker } from 'bullmq';
import { deferred } from '../../../util/deferred.ts';
import { CannotRunError } from '../../../util/errors.ts';
import { VERSION } from '../../../util/version.ts';
import { bullPrefix, keysOf, QUEUE_NAME } from '../redis/keys.ts';
import type { RedisLink } from '../redis/link.ts';
import type { Libraries } from '../redis/load.ts';
import { BadMessage } from '../wire/read.ts';
import { isCompatible, type RunRecord, readRecord } from '../wire/run-record.ts';
import { readShard, type ShardMessage } from '../wire/shard-message.ts';
import type { Directory } from './directory.ts';
import type { Heart } from './heart.ts';
import { OpenShard } from './open-shard.ts';

/** Without a sign of life for so long a shard is free for others. */
export const LOCK_MS = 5_000;
/** How often each worker looks for shards whose worker is gone. */
const STALLED_INTERVAL_MS = 1_000;
/** A shard that has ended so many workers is not tried again. */
const CRASHES_MAX = 3;
/** Longest question for the next shard: a worker that is told to end waits for its answer. */
const ASK_S = 0.5;

/** The worker's side of the queue. */
export interface Shards {
	/**
	 * Waits for the next shard that can be worked on.
	 *
	 * @param isOver - Whether nobody waits any more; an answer that is on its way still comes.
	 * @returns Undefined where no more are wanted. The same object again, where this worker had
	 *   lost a shard that it still works on.
	 * @throws {CannotRunError} When Redis is gone, or the run is of another version.
	 */
	next(isOver?: () => boolean): Promise<OpenShard | undefined>;
	/** All its outcomes are recorded, or nobody wants them any more. */
	finish(shard: OpenShard): Promise<void>;
	/** Leaves what is not done to another worker, at once. */
	giveBack(shard: OpenShard): Promise<void>;
	/** Somebody else has the lock. */
	onLost(jobId: string, token: string): void;
	/** Whether it is neither finished nor given back. */
	holds(shard: OpenShard): boolean;
	close(): Promise<void>;
}

export interface ShardsParts {
	readonly libraries: Libraries;
	readonly link: RedisLink;
	readonly prefix: string;
	readonly directory: Directory;
	readonly heart: Heart;
	/** Aborted when no more shards are wanted. */
	readonly enough: AbortSignal;
	/** Take no more than so many. */
	readonly maxShards?: number | undefined;
	readonly tell: (message: string) => void;
}

export async function openShards(parts: ShardsParts): Promise<Shards> {
	const { libraries, link, prefix, directory, heart, enough, tell } = parts;
	const { maxShards = Number.POSITIVE_INFINITY } = parts;
	let taken = 0;
	const worker = new libraries.bullmq.Worker<unknown>(QUEUE_NAME, null, {
		connection: link.client,
		prefix: bullPrefix(prefix),
		autorun: false,
		lockDuration: LOCK_MS,
		stalledInterval: STALLED_INTERVAL_MS,
		// BullMQ counts those after which it tries again.
		maxStalledCount: CRASHES_MAX - 1,
		drainDelay: ASK_S,
		// The heart does it.
		skipLockRenewal: true,
	});
	// BullMQ tells this, and tries again for ever.
	const refused = new AbortController();
	worker.on('error', (error) => {
		if (link.explain(error) !== error) {
			refused.abort(error);
		}
	});
	const gone = AbortSignal.any([link.lost, refused.signal]);
	await worker.waitUntilReady();
	await worker.startStalledCheckTimer();
	const open = new Map<string, { shard: OpenShard; job: Job<unknown> }>();

	const take = async (job: Job<unknown>, token: string): Promise<OpenShard | undefined> => {
		const jobId = String(job.id);
		heart.hold(jobId, token);
		if (enough.aborted) {
			heart.drop(jobId);
			await job.moveToWait(token);
			return undefined;
		}
		const known = open.get(jobId);
		if (known !== undefined) {
			known.shard.token = token;
			return known.shard;
		}
		try {
			if (job.deferredFailure) {
				throw new BadMessage(crashedReason(job));
			}
			const message = readShard(job.data);
			const record = await recordOf(message, link, prefix);
			if (record.stopped) {
				heart.drop(jobId);
				await job.moveToCompleted(undefined, token, false);
				return undefined;
			}
			const shard = new OpenShard(message, record, {
				...{ token, directory },
				stalls: job.stalledCounter,
			});
			open.set(jobId, { shard, job });
			taken += 1;
			return shard;
		} catch (error) {
			heart.drop(jobId);
			if (!(error instanceof BadMessage)) {
				await job.moveToWait(token);
				throw error;
			}
			const reason = new libraries.bullmq.UnrecoverableError(error.message);
			await job.moveToFailed(reason, token, false);
			tell(`shard ${jobId} refused: ${error.message}`);
			return undefined;
		}
	};
	const release = async (shard: OpenShard, how: (job: Job, token: string) => Promise<unknown>) => {
		const entry = [...open.entries()].find(([, one]) => one.shard === shard);
		if (entry === undefined) {
			return;
		}
		const [jobId, { job }] = entry;
		const { token } = shard;
		open.delete(jobId);
		shard.end();
		heart.drop(jobId);
		if (token === undefined) {
			return;
		}
		shard.token = undefined;
		// Where the lock was lost a moment ago, somebody else will do this.
		await how(job, token).catch(() => link.lost.throwIfAborted());
	};

	return {
		async next(isOver = () => false) {
			while (!enough.aborted && !isOver() && taken < maxShards) {
				const token = randomUUID();
				const job = await ask(worker, token, gone);
				const shard = job && (await take(job, token));
				if (shard !== undefined) {
					return shard;
				}
			}
			return undefined;
		},
		finish: async (shard) =>
			await release(
				shard,
				async (job, token) => await job.moveToCompleted(undefined, token, false),
			),
		giveBack: async (shard) =>
			await release(shard, async (job, token) => await job.moveToWait(token)),
		onLost(jobId, token) {
			const shard = open.get(jobId)?.shard;
			if (shard?.token !== token) {
				return;
			}
			shard.token = undefined;
			shard.end();
		},
		holds: (shard) => [...open.values()].some((one) => one.shard === shard),
		close: async () => await worker.close(true),
	};
}

async function ask(
	worker: Worker<unknown>,
	token: string,
	lost: AbortSignal,
): Promise<Job<unknown> | undefined> {
	// BullMQ may wait for ever for a connection that nobody will open again.
	const gone = deferred<undefined>();
	const leave = () => gone.resolve(undefined);
	lost.addEventListener('abort', leave, { once: true });
	try {
		return await Promise.race([worker.getNextJob(token), gone.promise]);
	} catch (error) {
		lost.throwIfAborted();
		throw error;
	} finally {
		lost.removeEventListener('abort', leave);
		lost.throwIfAborted();
	}
}

/**
 * @throws {BadMessage} When there is no such run, or the shard is none of it.
 * @throws {CannotRunError} When the run is of another version.
 */
async function recordOf(
	message: ShardMessage,
	link: RedisLink,
	prefix: string,
): Promise<RunRecord> {
	const { run, shard, first, targets } = message;
	const record = readRecord(await link.client.hgetall(keysOf(prefix, run).record));
	if (record === undefined) {
		throw new BadMessage(`there is no run ${run} any more`);
	}
	if (!isCompatible(record.version, VERSION)) {
		throw new CannotRunError(
			`run ${run} was started by flagdl ${record.version}, this worker is ${VERSION}; install the same version on both`,
		);
	}
	if (first !== shard * record.shardSize || targets.length > record.shardSize) {
		throw new BadMessage(
			`its ${targets.length} targets from ${first} are not those of shard ${shard}`,
		);
	}
	return record;
}

function crashedReason({ stalledCounter }: Job<unknown>): string {
	return `it has ended ${stalledCounter} workers`;
}
