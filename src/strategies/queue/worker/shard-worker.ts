import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import { BadMessage } from '../../../schema/message.ts';
import { deferred } from '../../../util/deferred.ts';
import { VERSION } from '../../../util/version.ts';
import { bullPrefix, KEEP_S, nameOf, QUEUE_NAME } from '../options.ts';
import type { Libraries, RedisConnection } from '../redis/connection.ts';
import { SharedClock } from '../redis/shared-state.ts';
import { findRecord, isCompatible, type RunRecord } from '../run.ts';
import { readShard, type ShardResult } from '../wire/shard.ts';
import type { Directory } from './directory.ts';
import { RunSessions, type WorkerOptions, type Workplace } from './run-session.ts';
import { Shard, type ShardEnd, tolerant } from './shard.ts';

/** After a signal, what is in flight may take so long to end by itself. */
const DRAIN_MS = 400;
/** Without Redis, what is in flight may take so long to be given up. */
const CRASH_MS = 1_000;
/** BullMQ may wait for a Redis that is gone. */
const CLOSE_MS = 300;
/** Two, so that the slots are busy between two shards. */
const SHARDS_AT_ONCE = 2;
/** Without a sign of life for so long a shard is free for others; an event loop may be busy for some seconds. */
const LOCK_MS = 8_000;
const RENEW_MS = 2_000;
const STALLED_CHECK_MS = 1_000;
/** A shard is tried again after so many crashes; the third one is its last. */
const STALLED_MAX = 2;
/** How long, and how often, a shard of another version is left to workers of that version. */
const OTHER_VERSION_MS = 1_000;
const OTHER_VERSION_MAX = 10;
/** So many times in a row something of another type may be in the way. */
const WRONG_TYPE_MAX = 10;

/** The worker of BullMQ and what it works with. */
export class ShardWorker {
	/** Rejects some time after a crash: ioredis never settles what was in flight when a connection was lost for good. */
	readonly crashed: Promise<never>;
	readonly #options: WorkerOptions;
	readonly #connection: RedisConnection;
	readonly #libraries: Libraries;
	readonly #name = `${hostname()}:${randomBytes(3).toString('hex')}`;
	readonly #enough = new AbortController();
	readonly #end = new AbortController();
	readonly #failed = deferred<Error>();
	/** Resolves when no more shards are wanted. */
	readonly #over = deferred<void>();
	/** Those that are being worked on, by their jobs. */
	readonly #shards = new Map<string, Shard>();
	#worker: Worker | undefined;
	#workplace: Workplace | undefined;
	#sessions: RunSessions | undefined;
	#isAlone = false;
	#crash: Error | undefined;
	#wrongTypes = 0;
	#taken = 0;
	#finished = 0;

	constructor(options: WorkerOptions, connection: RedisConnection, libraries: Libraries) {
		this.#options = options;
		this.#connection = connection;
		this.#libraries = libraries;
		this.crashed = this.#failed.promise.then(async (error) => {
			await sleep(CRASH_MS);
			throw error;
		});
		this.crashed.catch(() => {});
	}

	/** @returns How many shards were finished, once it has had enough. */
	async run(directory: Directory): Promise<number> {
		const { prefix, strategy, concurrency, threads, redis, tell } = this.#options;
		const { client } = this.#connection;
		const clock = await SharedClock.open(client);
		const [enough, end, name] = [this.#enough.signal, this.#end.signal, this.#name];
		this.#workplace = {
			...{ client, prefix, directory, clock, name, strategy, concurrency, threads, enough, end },
		};
		const sessions = new RunSessions(this.#workplace, (error) => this.crash(error));
		this.#sessions = sessions;
		const worker = this.#openWorker();
		await worker.waitUntilReady();
		tell({ type: 'ready', name, redis: nameOf(redis) });
		if (!enough.aborted) {
			worker.run().catch((error: unknown) => this.crash(error));
		}
		await this.#over.promise;
		// Waits for the shards that are being worked on.
		await worker.close();
		await sessions.close();
		if (this.#crash !== undefined) {
			throw this.#crash;
		}
		return this.#finished;
	}

	/** Begins nothing more; what is in flight ends, or is given back. */
	drain(): void {
		this.#enough.abort(this.#options.signal.reason);
		setTimeout(() => this.#end.abort(this.#options.signal.reason), DRAIN_MS).unref();
		this.#over.resolve();
	}

	/** Ends everything at once. */
	crash(error: unknown): void {
		this.#crash ??= this.#connection.explain(error) as Error;
		this.#enough.abort(this.#crash);
		this.#end.abort(this.#crash);
		this.#over.resolve();
		this.#failed.resolve(this.#crash);
	}

	async close(): Promise<void> {
		await Promise.race([this.#worker?.close(true), sleep(CLOSE_MS, undefined, { ref: false })]);
	}

	#openWorker(): Worker {
		const { prefix, maxShards = SHARDS_AT_ONCE } = this.#options;
		const Tolerant = tolerant(this.#libraries.bullmq.Worker);
		const worker = new Tolerant(QUEUE_NAME, (job, token) => this.#process(job, token ?? ''), {
			connection: this.#connection.client,
			prefix: bullPrefix(prefix),
			autorun: false,
			concurrency: Math.min(SHARDS_AT_ONCE, maxShards),
			lockDuration: LOCK_MS,
			lockRenewTime: RENEW_MS,
			stalledInterval: STALLED_CHECK_MS,
			maxStalledCount: STALLED_MAX,
			removeOnFail: { age: KEEP_S, count: 1000 },
		});
		worker.on('error', (error) => this.#onError(error));
		worker.on('failed', (job, { message }) => this.#notice(`shard ${job?.id} refused: ${message}`));
		worker.on('lockRenewalFailed', (jobIds) => {
			for (const jobId of jobIds) {
				this.#shards.get(jobId)?.end('dropped');
			}
		});
		this.#worker = worker;
		return worker;
	}

	/** BullMQ tries again for ever, whatever the error. */
	#onError(error: Error): void {
		this.#wrongTypes += error.message.startsWith('WRONGTYPE') ? 1 : 0;
		if (this.#wrongTypes > 0 && this.#wrongTypes < WRONG_TYPE_MAX) {
			this.#notice(`found something of another type on the queue: ${error.message}`);
		} else if (this.#connection.explain(error) !== error) {
			this.crash(error);
		} else if (error instanceof SyntaxError || error instanceof TypeError) {
			this.#notice(`found a job that cannot be read: ${error.message}`);
		}
	}

	#notice(message: string): void {
		this.#options.tell({ type: 'notice', message });
	}

	/** @returns The outcomes of a shard; not all, if the run was stopped. */
	async #process(job: Job, token: string): Promise<ShardResult> {
		const { UnrecoverableError, DelayedError, WaitingError } = this.#libraries.bullmq;
		this.#wrongTypes = 0;
		try {
			const end = await this.#workOn(job, token);
			if (end === 'returned' || end === 'delayed') {
				throw end === 'returned' ? new WaitingError() : new DelayedError();
			}
			return end;
		} catch (error) {
			if (error instanceof WaitingError || error instanceof DelayedError) {
				throw error;
			}
			if (error instanceof BadMessage) {
				throw new UnrecoverableError(error.message);
			}
			this.crash(error);
			await job.moveToWait(token).catch(() => {});
			throw new WaitingError();
		}
	}

	async #workOn(job: Job, token: string): Promise<ShardResult | 'returned' | 'delayed'> {
		const { maxShards = Number.POSITIVE_INFINITY } = this.#options;
		if (this.#enough.signal.aborted || this.#isAlone || this.#taken >= maxShards) {
			await job.moveToWait(token);
			return 'returned';
		}
		const message = readShard(job.data);
		const record = await findRecord(this.#connection.client, this.#options.prefix, message);
		if (!isCompatible(record.version, VERSION)) {
			this.#noticeVersion(job, record);
			await job.moveToDelayed(Date.now() + OTHER_VERSION_MS, token);
			return 'delayed';
		}
		this.#taken += 1;
		if (this.#taken >= maxShards) {
			this.#over.resolve();
		}
		const shard = new Shard(job, message, record, this.#workplace as Workplace);
		await shard.resume();
		if (record.stopped) {
			return shard.result;
		}
		const end = await this.#inSession(String(job.id), shard);
		if (end === 'returned') {
			await shard.giveBack(token);
			return 'returned';
		}
		if (end === 'complete') {
			this.#tellOf(shard);
		}
		return shard.result;
	}

	#tellOf({ message: { run, shard }, counts, targets, startMs }: Shard): void {
		this.#finished += 1;
		const tookMs = performance.now() - startMs;
		this.#options.tell({ type: 'shard', run, shard, targets: targets.length, counts, tookMs });
	}

	/** One that has ended a worker is worked on alone: it should not take others with it. */
	async #inSession(jobId: string, shard: Shard): Promise<ShardEnd> {
		const worker = this.#worker as Worker;
		if (shard.isSuspect) {
			this.#isAlone = true;
			worker.concurrency = 1;
		}
		this.#shards.set(jobId, shard);
		try {
			await this.#sessions?.add(shard);
			return await shard.ended;
		} finally {
			this.#shards.delete(jobId);
			if (shard.isSuspect) {
				this.#isAlone = false;
				worker.concurrency = SHARDS_AT_ONCE;
			}
		}
	}

	/** @throws {BadMessage} When it has been left to other workers for long enough. */
	#noticeVersion({ attemptsStarted }: Job, { name, version }: RunRecord): void {
		const message = `run ${name} was started by flagdl ${version}, this worker is ${VERSION}; install the same version on both`;
		if (attemptsStarted > OTHER_VERSION_MAX) {
			throw new BadMessage(message);
		}
		this.#notice(message);
	}
}
