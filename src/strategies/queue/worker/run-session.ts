import type { Redis } from 'ioredis';
import type { Target } from '../../../targets/target.ts';
import { deferred } from '../../../util/promises.ts';
import type { Strategy } from '../../strategy.ts';
import { type RedisAddress, runKey, type WorkerEvent } from '../options.ts';
import type { ConnectOptions } from '../redis/connection.ts';
import type { RunRecord } from '../run.ts';
import { checkDirectory, sharedNames } from './directory.ts';
import type { Shard, WorkerContext } from './shard.ts';
import { SharedLimiter } from './shared-limiter.ts';

/** How often a session reports progress and checks whether its run was stopped. */
const POLL_INTERVAL_MS = 500;

export interface WorkerOptions {
	readonly redis: RedisAddress;
	readonly prefix: string;
	/** Passphrase of sealed runs (`FLAGDL_QUEUE_KEY`). */
	readonly key?: string | undefined;
	/** Absolute; created if needed. */
	readonly directory: string;
	readonly strategy: Strategy;
	readonly concurrency: number;
	readonly threads: number;
	/** The worker ends after this many shards; absent: never. */
	readonly maxShards?: number;
	/** Ends the worker: shards in flight finish or are returned to the queue within half a second. */
	readonly signal: AbortSignal;
	readonly onEvent: (event: WorkerEvent) => void;
	/** How long to wait for Redis; absent: a minute. */
	readonly connectOptions?: ConnectOptions;
}

export interface SessionContext
	extends WorkerContext,
		Pick<WorkerOptions, 'prefix' | 'strategy' | 'concurrency' | 'threads'> {
	readonly client: Redis;
	/** Aborted when no new work may start. */
	readonly drainSignal: AbortSignal;
	/** Aborted when work in flight must end, too. */
	readonly abortSignal: AbortSignal;
}

/**
 * Processes the shards of one run with one limiter, one connection pool and one set of slots. The strategy sees one
 * stream of targets, so that no slot is idle between two shards.
 */
export class RunSession {
	/** Resolves when all connections are closed; rejects if Redis or the directory fails, or on a bug. */
	readonly closed: Promise<void>;
	readonly #context: SessionContext;
	readonly #record: RunRecord;
	readonly #stopped = new AbortController();
	readonly #signal: AbortSignal;
	readonly #shards = new Map<number, Shard>();
	readonly #queued: Shard[] = [];
	readonly #onAbort = () => this.close();
	#changed = deferred<void>();
	/** Whether it accepts no more shards. */
	isClosing = false;

	constructor(record: RunRecord, context: SessionContext) {
		const { drainSignal, abortSignal } = context;
		this.#context = context;
		this.#record = record;
		this.#signal = AbortSignal.any([abortSignal, this.#stopped.signal]);
		for (const signal of [drainSignal, this.#signal]) {
			signal.addEventListener('abort', this.#onAbort, { once: true });
		}
		this.closed = this.#run();
		this.closed.catch(() => {});
	}

	/** Processes a shard until `shard.ended` resolves. */
	add(shard: Shard): void {
		const { shard: number } = shard.message;
		this.#shards.set(number, shard);
		this.#queued.push(shard);
		this.#changed.resolve();
		void shard.ended.then(() => {
			if (this.#shards.get(number) === shard) {
				this.#shards.delete(number);
			}
		});
	}

	/** Accepts no more shards, and ends when those it has are done. */
	close(): void {
		this.isClosing = true;
		this.#changed.resolve();
	}

	async #run(): Promise<void> {
		const { client, prefix, clock, name, strategy, concurrency, threads, directory } =
			this.#context;
		const { options, name: run, shardSize } = this.#record;
		const limiter = new SharedLimiter({ client, prefix, run, clock, owner: name, options });
		const timer = setInterval(() => void this.#poll().catch(() => {}), POLL_INTERVAL_MS);
		try {
			await limiter.open();
			const outcomes = strategy(this.#targets(), {
				...{ options, concurrency, threads, signal: this.#signal, outputDir: directory.path },
				shared: {
					limiter,
					names: sharedNames(client, runKey(prefix, run, 'names'), directory.path),
				},
			});
			for await (const outcome of outcomes) {
				checkDirectory(directory, outcome);
				// Another worker will retry cancelled targets.
				if (outcome.status !== 'cancelled') {
					this.#shards.get(Math.floor(outcome.target.index / shardSize))?.add(outcome);
				}
			}
		} finally {
			clearInterval(timer);
			this.isClosing = true;
			// The worker, and so its signals, may live for many runs.
			for (const signal of [this.#context.drainSignal, this.#signal]) {
				signal.removeEventListener('abort', this.#onAbort);
			}
			await limiter.close();
			for (const shard of this.#shards.values()) {
				shard.end(this.#stopped.signal.aborted ? 'dropped' : 'returned');
			}
		}
	}

	async *#targets(): AsyncGenerator<Target> {
		const isStopping = () => this.#signal.aborted || this.#context.drainSignal.aborted;
		while (!isStopping()) {
			const shard = this.#queued.shift();
			for (const target of shard?.missing() ?? []) {
				if (isStopping()) {
					return;
				}
				yield target;
			}
			if (shard === undefined) {
				if (this.isClosing) {
					return;
				}
				await this.#changed.promise;
				this.#changed = deferred<void>();
			}
		}
	}

	async #poll(): Promise<void> {
		const { client, prefix } = this.#context;
		const { name } = this.#record;
		await Promise.all([...this.#shards.values()].map((shard) => shard.reportProgress()));
		const [found, owner] = await client.hmget(runKey(prefix, name), 'name', 'coordinator');
		if (found !== name || owner === '') {
			this.#stopped.abort(new Error('the run was stopped'));
		}
	}
}
