import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import { BadMessage } from '../../../schema/message.ts';
import type { SealedShard, ShardResult } from '../../../schema/shard.ts';
import { deferred } from '../../../util/promises.ts';
import { bullPrefix, NotForThisWorker, QUEUE_NAME, SHARD_OPTIONS } from '../options.ts';
import type { Libraries, RedisConnection } from '../redis/connection.ts';
import { Seals } from '../seal.ts';
import { RunSession, type SessionContext, type WorkerOptions } from './run-session.ts';
import { readShard, removeBrokenJobs, Shard, type ShardEnd } from './shard.ts';

/** After a signal, downloads in flight may take this long to finish. */
const DRAIN_MS = 400;
/** After a crash, wait this long at most for the work in flight: ioredis may never settle its commands. */
const CRASH_MS = 1_000;
/** BullMQ's `close` may wait for a Redis that is gone. */
const CLOSE_MS = 300;
/** Two, to keep the slots busy between shards. */
const SHARDS_AT_ONCE = 2;
/** Delay of a job that this worker leaves to others. */
const LEAVE_DELAY_MS = 1_000;

/** A BullMQ worker that hands its shards to a `RunSession`. */
export class ShardWorker {
	readonly #options: WorkerOptions;
	readonly #connection: RedisConnection;
	readonly #libraries: Libraries;
	readonly #worker: Worker<SealedShard, ShardResult>;
	readonly #context: SessionContext;
	readonly #seals: Seals;
	readonly #notice: (message: string) => void;
	readonly #maxShards: number;
	readonly #drain = new AbortController();
	readonly #abort = new AbortController();
	/** Resolves when no more shards may be taken. */
	readonly #lastTaken = deferred<void>();
	readonly #crashed = deferred<void>();
	/** Shards in progress, by job ID. */
	readonly #shards = new Map<string, Shard>();
	/** Runs left to other workers. */
	readonly #leftRuns = new Set<string>();
	/** One at a time: a worker has one set of slots and one connection pool. */
	#session: { readonly key: string; readonly run: RunSession } | undefined;
	#failure: unknown;
	#taken = 0;
	#finished = 0;

	constructor(
		options: WorkerOptions,
		connection: RedisConnection,
		libraries: Libraries,
		place: Pick<SessionContext, 'directory' | 'clock'>,
	) {
		this.#options = options;
		this.#connection = connection;
		this.#libraries = libraries;
		this.#maxShards = options.maxShards ?? Number.POSITIVE_INFINITY;
		this.#seals = new Seals(options.key, undefined);
		this.#notice = (message) => options.onEvent({ type: 'notice', message });
		this.#context = {
			...{ ...options, ...place, client: connection.client },
			...{ drainSignal: this.#drain.signal, abortSignal: this.#abort.signal },
			name: `${hostname()}:${randomBytes(3).toString('hex')}`,
		};
		this.#worker = this.#openWorker();
	}

	/** @returns The number of shards it finished. */
	async run(): Promise<number> {
		const { signal, onEvent } = this.#options;
		const { lost, name: redis } = this.#connection;
		const drain = () => this.#stop(signal.reason, DRAIN_MS);
		signal.addEventListener('abort', drain, { once: true });
		lost.addEventListener('abort', () => this.#crash(lost.reason), { once: true });
		if (signal.aborted) {
			drain();
		}
		try {
			await Promise.race([
				this.#work(() => onEvent({ type: 'ready', name: this.#context.name, redis })),
				this.#crashed.promise.then(async () => await sleep(CRASH_MS, undefined, { ref: false })),
			]);
		} finally {
			signal.removeEventListener('abort', drain);
			await Promise.race([this.#worker.close(true), sleep(CLOSE_MS, undefined, { ref: false })]);
		}
		if (this.#failure !== undefined) {
			throw this.#failure as Error;
		}
		return this.#finished;
	}

	/** Resolves when all shards that it took are finished or returned. */
	async #work(onReady: () => void): Promise<void> {
		await this.#worker.waitUntilReady();
		onReady();
		if (!this.#drain.signal.aborted) {
			this.#worker.run().catch((error: unknown) => this.#crash(error));
		}
		await this.#lastTaken.promise;
		await this.#worker.close();
		this.#session?.run.close();
		await this.#session?.run.closed;
	}

	/** Starts no new work, and returns shards still in flight after the grace period. */
	#stop(reason: unknown, graceMs: number): void {
		this.#drain.abort(reason);
		setTimeout(() => this.#abort.abort(reason), graceMs).unref();
		this.#lastTaken.resolve();
	}

	#crash(error: unknown): void {
		this.#failure ??= this.#connection.explain(error);
		this.#abort.abort(this.#failure);
		this.#stop(this.#failure, 0);
		this.#crashed.resolve();
	}

	#openWorker(): Worker<SealedShard, ShardResult> {
		const { client } = this.#connection;
		const worker = new this.#libraries.bullmq.Worker<SealedShard, ShardResult>(
			QUEUE_NAME,
			async (job, token) => await this.#process(job, token ?? ''),
			{
				...{ ...SHARD_OPTIONS, connection: client, prefix: bullPrefix(this.#options.prefix) },
				concurrency: Math.min(SHARDS_AT_ONCE, this.#maxShards),
			},
		);
		const onRefused = (id: string | undefined, message: string) =>
			this.#notice(`shard ${id} refused: ${message}`);
		worker.on('failed', (job, { message }) => onRefused(job?.id, message));
		worker.on('lockRenewalFailed', (jobIds) =>
			jobIds.map((jobId) => this.#shards.get(jobId)?.end('dropped')),
		);
		// BullMQ retries forever after any error.
		worker.on('error', (error) => {
			if (error instanceof SyntaxError || error instanceof TypeError) {
				this.#notice(`found a job that cannot be read: ${error.message}`);
				const removing = removeBrokenJobs(client, worker);
				removing.then((ids) => ids.map((id) => onRefused(id, 'found no JSON'))).catch(() => {});
			} else if (error.message.startsWith('WRONGTYPE')) {
				this.#notice(`found something of another type on the queue: ${error.message}`);
			} else if (this.#connection.explain(error) !== error) {
				this.#crash(error);
			}
		});
		return worker;
	}

	/** @returns The outcomes of a shard; incomplete if the run was stopped. */
	async #process(job: Job<SealedShard>, token: string): Promise<ShardResult> {
		const { DelayedError, UnrecoverableError, WaitingError } = this.#libraries.bullmq;
		try {
			const read = this.#isFull ? 'unread' : await readShard(job.data, this.#context, this.#seals);
			if (read === undefined) {
				const { digest } = job.data;
				return { digest, worker: this.#context.name };
			}
			// A suspect shard, which runs alone, may have started while this one was read.
			if (read !== 'unread' && !this.#isFull) {
				const shard = new Shard(job, read.message, read.record, this.#context);
				if ((await this.#runShard(String(job.id), shard)) !== 'returned') {
					return shard.result;
				}
				await shard.reportProgress();
			}
			await job.moveToWait(token);
		} catch (error) {
			if (error instanceof NotForThisWorker) {
				await this.#leave(job, token, error);
				throw new DelayedError();
			}
			if (error instanceof BadMessage) {
				throw new UnrecoverableError(error.message);
			}
			this.#crash(error);
			await job.moveToWait(token).catch(() => {});
		}
		throw new WaitingError();
	}

	get #isFull(): boolean {
		const isOver = this.#drain.signal.aborted || this.#taken >= this.#maxShards;
		return isOver || this.#shards.size >= this.#worker.concurrency;
	}

	async #leave(job: Job<SealedShard>, token: string, why: Error): Promise<void> {
		const { run } = job.data;
		if (!this.#leftRuns.has(run)) {
			this.#leftRuns.add(run);
			this.#notice(`run ${run} is left to other workers: ${why.message}`);
		}
		await job.moveToDelayed(Date.now() + LEAVE_DELAY_MS, token);
		await sleep(1.5 * LEAVE_DELAY_MS); // Lets other workers take it first.
	}

	async #runShard(jobId: string, shard: Shard): Promise<ShardEnd> {
		const { message, counts, startMs, isSuspect } = shard;
		this.#taken += 1;
		if (this.#taken >= this.#maxShards) {
			this.#lastTaken.resolve();
		}
		// A shard that killed a worker runs alone, so that it cannot take others down.
		this.#worker.concurrency = isSuspect ? 1 : SHARDS_AT_ONCE;
		this.#shards.set(jobId, shard);
		try {
			await this.#assign(shard);
			const end = await shard.ended;
			if (end === 'complete') {
				this.#finished += 1;
				const { run, shard: number, targets } = message;
				const event = { run, shard: number, targets: targets.length, counts };
				this.#options.onEvent({ type: 'shard', ...event, tookMs: performance.now() - startMs });
			}
			return end;
		} finally {
			this.#shards.delete(jobId);
			this.#worker.concurrency = isSuspect ? SHARDS_AT_ONCE : this.#worker.concurrency;
		}
	}

	/** Adds a shard to the session of its run, and starts one if needed. */
	async #assign(shard: Shard): Promise<void> {
		const { record, isSuspect, message } = shard;
		const key = `${record.coordinator} ${isSuspect ? message.shard : ''}`;
		while (
			this.#session !== undefined &&
			(this.#session.key !== key || this.#session.run.isClosing)
		) {
			const session = this.#session;
			session.run.close();
			await session.run.closed;
			// Another shard may have started the next session meanwhile.
			this.#session = this.#session === session ? undefined : this.#session;
		}
		if (this.#session === undefined) {
			const run = new RunSession(record, this.#context);
			run.closed.catch((error: unknown) => this.#crash(error));
			this.#session = { key, run };
		}
		this.#session.run.add(shard);
	}
}
