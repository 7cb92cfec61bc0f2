import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import { BadMessage } from '../../../schema/message.ts';
import type { ShardMessage, ShardResult } from '../../../schema/shard.ts';
import { deferred } from '../../../util/promises.ts';
import { bullPrefix, KEEP_S, QUEUE_NAME } from '../options.ts';
import type { Libraries, RedisConnection } from '../redis/connection.ts';
import { SharedClock } from '../redis/shared-state.ts';
import { OtherVersion } from '../run.ts';
import { OtherKey, Seals } from '../seal.ts';
import { packRows } from '../wire/shard.ts';
import type { Directory } from './directory.ts';
import { RunSession, type WorkerOptions, type Workplace } from './run-session.ts';
import { mendJobs, readShard, Shard, type ShardEnd } from './shard.ts';

/** After a signal, what is in flight may take so long to end by itself. */
const DRAIN_MS = 400;
/** Without Redis, what is in flight may take so long to be given up: ioredis never settles it. */
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
/** So many times in a row something of another type may be in the way. */
const WRONG_TYPE_MAX = 10;

/** The worker of BullMQ and what it works with. */
export class ShardWorker {
	/** Rejects some time after a crash. */
	readonly crashed: Promise<never>;
	readonly #options: WorkerOptions;
	readonly #notice: (message: string) => void;
	readonly #connection: RedisConnection;
	readonly #libraries: Libraries;
	readonly #seals: Seals;
	readonly #maxShards: number;
	readonly #name = `${hostname()}:${randomBytes(3).toString('hex')}`;
	readonly #enough = new AbortController();
	readonly #end = new AbortController();
	readonly #failed = deferred<Error>();
	readonly #over = deferred<void>();
	/** Those that are being worked on, by their jobs. */
	readonly #shards = new Map<string, Shard>();
	/** Runs whose key it has not. */
	readonly #left = new Set<string>();
	#worker: Worker | undefined;
	#workplace: Workplace | undefined;
	/** One at a time: a worker has one set of slots and connections. */
	#session: { readonly key: string; readonly run: RunSession } | undefined;
	#isAlone = false;
	#crash: Error | undefined;
	#wrongTypes = 0;
	#taken = 0;
	#finished = 0;

	constructor(options: WorkerOptions, connection: RedisConnection, libraries: Libraries) {
		this.#options = options;
		this.#maxShards = options.maxShards ?? Number.POSITIVE_INFINITY;
		this.#notice = (message) => options.tell({ type: 'notice', message });
		this.#connection = connection;
		this.#libraries = libraries;
		this.#seals = new Seals(options.key);
		this.crashed = this.#failed.promise.then(async (error) => {
			await sleep(CRASH_MS);
			throw error;
		});
		this.crashed.catch(() => {});
	}

	async run(directory: Directory): Promise<number> {
		const { client } = this.#connection;
		const clock = await SharedClock.open(client);
		const [enough, end, name] = [this.#enough.signal, this.#end.signal, this.#name];
		this.#workplace = { ...this.#options, client, directory, clock, name, enough, end };
		const worker = this.#openWorker();
		await worker.waitUntilReady();
		this.#options.tell({ type: 'ready', name, redis: this.#connection.name });
		if (!enough.aborted) {
			worker.run().catch((error: unknown) => this.crash(error));
		}
		await this.#over.promise;
		// Waits for the shards that are being worked on.
		await worker.close();
		this.#session?.run.close();
		await this.#session?.run.closed;
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
		const worker = new this.#libraries.bullmq.Worker(
			QUEUE_NAME,
			(job, token) => this.#process(job, token ?? ''),
			{
				connection: this.#connection.client,
				prefix: bullPrefix(this.#options.prefix),
				autorun: false,
				concurrency: Math.min(SHARDS_AT_ONCE, this.#maxShards),
				lockDuration: LOCK_MS,
				lockRenewTime: RENEW_MS,
				stalledInterval: STALLED_CHECK_MS,
				maxStalledCount: STALLED_MAX,
				removeOnFail: { age: KEEP_S, count: 1000 },
			},
		);
		worker.on('error', (error) => this.#onError(error));
		worker.on('failed', (job, { message }) => this.#notice(`shard ${job?.id} refused: ${message}`));
		worker.on('lockRenewalFailed', (jobIds) =>
			jobIds.map((jobId) => this.#shards.get(jobId)?.end('dropped')),
		);
		this.#worker = worker;
		return worker;
	}

	/** BullMQ tries again for ever, whatever the error. */
	#onError(error: Error): void {
		this.#wrongTypes += error.message.startsWith('WRONGTYPE') ? 1 : 0;
		if (error instanceof SyntaxError || error instanceof TypeError) {
			this.#notice(`found a job that cannot be read: ${error.message}`);
			mendJobs(this.#connection.client, this.#worker as Worker).catch(() => {});
		} else if (this.#wrongTypes > 0 && this.#wrongTypes < WRONG_TYPE_MAX) {
			this.#notice(`found something of another type on the queue: ${error.message}`);
		} else if (this.#connection.explain(error) !== error) {
			this.crash(error);
		}
	}

	/** @returns The outcomes of a shard; not all, if the run was stopped. */
	async #process(job: Job, token: string): Promise<ShardResult> {
		const { DelayedError, UnrecoverableError, WaitingError } = this.#libraries.bullmq;
		this.#wrongTypes = 0;
		try {
			const isFull = this.#enough.signal.aborted || this.#isAlone || this.#taken >= this.#maxShards;
			const workplace = this.#workplace as Workplace;
			const read = isFull ? undefined : await readShard(job.data, workplace, this.#seals);
			if (read !== undefined && 'digest' in read) {
				return { ...read, worker: this.#name, outcomes: packRows([]) };
			}
			const shard = read && new Shard(job, read.message, read.record, workplace);
			const end = shard && (await this.#workOn(String(job.id), shard));
			if (shard !== undefined && end !== 'returned') {
				return shard.result;
			}
			await shard?.tell();
			await job.moveToWait(token);
		} catch (error) {
			if (error instanceof OtherKey) {
				const { run } = job.data as ShardMessage;
				if (!this.#left.has(run)) {
					this.#left.add(run);
					this.#notice(`run ${run} is left to other workers: ${error.message}`);
				}
				await job.moveToDelayed(Date.now() + STALLED_CHECK_MS, token);
				await sleep(1.5 * STALLED_CHECK_MS); // Others come first.
				throw new DelayedError();
			}
			if (error instanceof OtherVersion) {
				throw error; // BullMQ offers it ten times.
			}
			if (error instanceof BadMessage) {
				throw new UnrecoverableError(error.message);
			}
			this.crash(error);
			await job.moveToWait(token).catch(() => {});
		}
		throw new WaitingError();
	}

	async #workOn(jobId: string, shard: Shard): Promise<ShardEnd> {
		const { message, counts, startMs, isSuspect } = shard;
		this.#taken += 1;
		if (this.#taken >= this.#maxShards) {
			this.#over.resolve();
		}
		// One that has ended a worker is worked on alone: it should not take others with it.
		this.#standAlone(isSuspect);
		this.#shards.set(jobId, shard);
		try {
			await this.#hand(shard);
			const end = await shard.ended;
			if (end === 'complete') {
				this.#finished += 1;
				const { run, shard: number, targets } = message;
				const told = { run, shard: number, targets: targets.length, counts };
				this.#options.tell({ type: 'shard', ...told, tookMs: performance.now() - startMs });
			}
			return end;
		} finally {
			this.#shards.delete(jobId);
			this.#standAlone(this.#isAlone && !isSuspect);
		}
	}

	#standAlone(isAlone: boolean): void {
		this.#isAlone = isAlone;
		(this.#worker as Worker).concurrency = isAlone ? 1 : SHARDS_AT_ONCE;
	}

	/** Gives a shard to the session of its run, which is begun if need be. */
	async #hand(shard: Shard): Promise<void> {
		const { record, isSuspect, message } = shard;
		const key = `${record.coordinator} ${isSuspect ? message.shard : ''}`;
		while (this.#session !== undefined) {
			const { key: known, run } = this.#session;
			if (known === key && !run.isClosing) {
				run.add(shard);
				return;
			}
			run.close();
			await run.closed;
			// Another shard may have begun the next session meanwhile.
			if ((this.#session as { run: RunSession } | undefined)?.run === run) {
				this.#session = undefined;
			}
		}
		const run = new RunSession(record, this.#workplace as Workplace);
		run.closed.catch((error: unknown) => this.crash(error));
		this.#session = { key, run };
		run.add(shard);
	}
}
