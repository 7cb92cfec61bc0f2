import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import { BadMessage } from '../../../schema/message.ts';
import type { SealedShard, ShardResult } from '../../../schema/shard.ts';
import { deferred } from '../../../util/promises.ts';
import { bullPrefix, LeftToOthers, QUEUE_NAME, SHARD_OPTIONS } from '../options.ts';
import type { Libraries, RedisConnection } from '../redis/connection.ts';
import { Seals } from '../seal.ts';
import { packRows } from '../shard.ts';
import { RunSession, type WorkerOptions, type Workplace } from './run-session.ts';
import { readShard, removeBrokenJobs, Shard, type ShardEnd } from './shard.ts';

/** After a signal, what is in flight may take so long to end by itself. */
const DRAIN_MS = 400;
/** Without Redis, what is in flight may take so long to be given up: ioredis never settles it. */
const CRASH_MS = 1_000;
/** BullMQ may wait for a Redis that is gone. */
const CLOSE_MS = 300;
/** Two, so that the slots are busy between two shards. */
const SHARDS_AT_ONCE = 2;
/** What is left to others is offered again after this. */
const LEFT_MS = 1_000;

/** The worker of BullMQ and what it works with. */
export class ShardWorker {
	readonly #options: WorkerOptions;
	readonly #connection: RedisConnection;
	readonly #libraries: Libraries;
	readonly #worker: Worker<SealedShard, ShardResult>;
	readonly #workplace: Workplace;
	readonly #seals: Seals;
	readonly #notice: (message: string) => void;
	readonly #maxShards: number;
	readonly #enough = new AbortController();
	readonly #end = new AbortController();
	/** Resolves when no further shard is to be taken. */
	readonly #over = deferred<void>();
	readonly #crashed = deferred<void>();
	/** Those that are being worked on, by their jobs. */
	readonly #shards = new Map<string, Shard>();
	/** Runs that are left to others. */
	readonly #left = new Set<string>();
	/** One at a time: a worker has one set of slots and connections. */
	#session: { readonly key: string; readonly run: RunSession } | undefined;
	#failure: unknown;
	#taken = 0;
	#finished = 0;

	constructor(
		options: WorkerOptions,
		connection: RedisConnection,
		libraries: Libraries,
		place: Pick<Workplace, 'directory' | 'clock'>,
	) {
		this.#options = options;
		this.#connection = connection;
		this.#libraries = libraries;
		this.#maxShards = options.maxShards ?? Number.POSITIVE_INFINITY;
		this.#seals = new Seals(options.key, undefined);
		this.#notice = (message) => options.tell({ type: 'notice', message });
		this.#workplace = {
			...{ ...options, ...place, client: connection.client },
			...{ enough: this.#enough.signal, end: this.#end.signal },
			name: `${hostname()}:${randomBytes(3).toString('hex')}`,
		};
		this.#worker = this.#openWorker();
	}

	/** @returns How many shards it has finished. */
	async run(): Promise<number> {
		const { signal, tell } = this.#options;
		const { lost, name: redis } = this.#connection;
		const drain = () => this.#stop(signal.reason, DRAIN_MS);
		signal.addEventListener('abort', drain, { once: true });
		lost.addEventListener('abort', () => this.#crash(lost.reason), { once: true });
		if (signal.aborted) {
			drain();
		}
		try {
			await Promise.race([
				this.#work(() => tell({ type: 'ready', name: this.#workplace.name, redis })),
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

	/** Until it is over, and all shards that it has are done or given back. */
	async #work(onReady: () => void): Promise<void> {
		await this.#worker.waitUntilReady();
		onReady();
		if (!this.#enough.signal.aborted) {
			this.#worker.run().catch((error: unknown) => this.#crash(error));
		}
		await this.#over.promise;
		await this.#worker.close();
		this.#session?.run.close();
		await this.#session?.run.closed;
	}

	/** Begins nothing more; what is in flight ends, or is given back after a while. */
	#stop(reason: unknown, graceMs: number): void {
		this.#enough.abort(reason);
		setTimeout(() => this.#end.abort(reason), graceMs).unref();
		this.#over.resolve();
	}

	#crash(error: unknown): void {
		this.#failure ??= this.#connection.explain(error);
		this.#end.abort(this.#failure);
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
		// BullMQ tries again for ever, whatever the error.
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

	/** @returns The outcomes of a shard; not all, if the run was stopped. */
	async #process(job: Job<SealedShard>, token: string): Promise<ShardResult> {
		const { DelayedError, UnrecoverableError, WaitingError } = this.#libraries.bullmq;
		try {
			const read = this.#isFull
				? 'unread'
				: await readShard(job.data, this.#workplace, this.#seals);
			if (read === undefined) {
				const { digest } = job.data;
				return { digest, worker: this.#workplace.name, outcomes: packRows([]) };
			}
			// While it was read, another may have come, which is worked on alone.
			if (read !== 'unread' && !this.#isFull) {
				const shard = new Shard(job, read.message, read.record, this.#workplace);
				if ((await this.#workOn(String(job.id), shard)) !== 'returned') {
					return shard.result;
				}
				await shard.tell();
			}
			await job.moveToWait(token);
		} catch (error) {
			if (error instanceof LeftToOthers) {
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
		const isOver = this.#enough.signal.aborted || this.#taken >= this.#maxShards;
		return isOver || this.#shards.size >= this.#worker.concurrency;
	}

	async #leave(job: Job<SealedShard>, token: string, why: Error): Promise<void> {
		const { run } = job.data;
		if (!this.#left.has(run)) {
			this.#left.add(run);
			this.#notice(`run ${run} is left to other workers: ${why.message}`);
		}
		await job.moveToDelayed(Date.now() + LEFT_MS, token);
		await sleep(1.5 * LEFT_MS); // Others come first.
	}

	async #workOn(jobId: string, shard: Shard): Promise<ShardEnd> {
		const { message, counts, startMs, isSuspect } = shard;
		this.#taken += 1;
		if (this.#taken >= this.#maxShards) {
			this.#over.resolve();
		}
		// One that has ended a worker is worked on alone: it should not take others with it.
		this.#worker.concurrency = isSuspect ? 1 : SHARDS_AT_ONCE;
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
			this.#worker.concurrency = isSuspect ? SHARDS_AT_ONCE : this.#worker.concurrency;
		}
	}

	/** Gives a shard to the session of its run, which is begun if need be. */
	async #hand(shard: Shard): Promise<void> {
		const { record, isSuspect, message } = shard;
		const key = `${record.coordinator} ${isSuspect ? message.shard : ''}`;
		while (
			this.#session !== undefined &&
			(this.#session.key !== key || this.#session.run.isClosing)
		) {
			const session = this.#session;
			session.run.close();
			await session.run.closed;
			// Another shard may have begun the next session meanwhile.
			this.#session = this.#session === session ? undefined : this.#session;
		}
		if (this.#session === undefined) {
			const run = new RunSession(record, this.#workplace);
			run.closed.catch((error: unknown) => this.#crash(error));
			this.#session = { key, run };
		}
		this.#session.run.add(shard);
	}
}
