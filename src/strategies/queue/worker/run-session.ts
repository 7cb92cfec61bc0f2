import type { Redis } from 'ioredis';
import type { Target } from '../../../targets/target.ts';
import { deferred } from '../../../util/promises.ts';
import type { Strategy } from '../../strategy.ts';
import { type RedisAddress, runKey, type WorkerEvent } from '../options.ts';
import type { ConnectOptions } from '../redis/connection.ts';
import type { RunRecord } from '../run.ts';
import { sharedNames } from './directory.ts';
import type { Place, Shard } from './shard.ts';
import { SharedLimiter } from './shared-limiter.ts';

/** How often is told what is done of a shard, and asked whether the run is still wanted. */
const LOOK_MS = 500;

export interface WorkerOptions {
	readonly redis: RedisAddress;
	readonly prefix: string;
	/** What opens runs that are sealed (`FLAGDL_QUEUE_KEY`). */
	readonly key?: string | undefined;
	/** Absolute; created. */
	readonly directory: string;
	readonly strategy: Strategy;
	readonly concurrency: number;
	readonly threads: number;
	/** Ends after so many shards; absent: never. */
	readonly maxShards?: number;
	/** Ends the work: what is in flight ends or is returned, within half a second. */
	readonly signal: AbortSignal;
	readonly tell: (event: WorkerEvent) => void;
	/** How long Redis is waited for; absent: a minute. */
	readonly patience?: ConnectOptions;
}

export interface Workplace
	extends Place,
		Pick<WorkerOptions, 'prefix' | 'strategy' | 'concurrency' | 'threads'> {
	readonly client: Redis;
	/** Aborted when nothing more is to be begun. */
	readonly enough: AbortSignal;
	/** Aborted when what is in flight is to be ended, too. */
	readonly end: AbortSignal;
}

/**
 * The work on one run, with one limiter, one pool of connections and one set of slots: all its shards are one stream
 * of targets to the strategy, so that no slot stands idle between two shards.
 */
export class RunSession {
	/** Resolves when all connections are closed. @throws What is a bug. */
	readonly closed: Promise<void>;
	readonly #workplace: Workplace;
	readonly #record: RunRecord;
	readonly #stopped = new AbortController();
	readonly #signal: AbortSignal;
	readonly #shards = new Map<number, Shard>();
	readonly #waiting: Shard[] = [];
	#changed = deferred<void>();
	/** Whether it takes no more shards. */
	isClosing = false;

	constructor(record: RunRecord, workplace: Workplace) {
		const { enough, end } = workplace;
		this.#workplace = workplace;
		this.#record = record;
		this.#signal = AbortSignal.any([end, this.#stopped.signal]);
		for (const signal of [enough, this.#signal]) {
			signal.addEventListener('abort', () => this.close(), { once: true });
		}
		this.closed = this.#run();
		this.closed.catch(() => {});
	}

	/** Works on a shard until `shard.ended`. */
	add(shard: Shard): void {
		const { shard: number } = shard.message;
		this.#shards.set(number, shard);
		this.#waiting.push(shard);
		this.#changed.resolve();
		void shard.ended.then(() => {
			if (this.#shards.get(number) === shard) {
				this.#shards.delete(number);
			}
		});
	}

	/** Takes no more shards, and ends when it has done those that it has. */
	close(): void {
		this.isClosing = true;
		this.#changed.resolve();
	}

	async #run(): Promise<void> {
		const { client, prefix, clock, name, strategy, concurrency, threads, directory } =
			this.#workplace;
		const { options, name: run, shardSize } = this.#record;
		const limiter = new SharedLimiter({ client, prefix, run, clock, owner: name, options });
		const timer = setInterval(() => void this.#look().catch(() => {}), LOOK_MS);
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
				// What was ended is not done: another worker will do it.
				if (outcome.status !== 'cancelled') {
					this.#shards.get(Math.floor(outcome.target.index / shardSize))?.add(outcome);
				}
			}
		} finally {
			clearInterval(timer);
			this.isClosing = true;
			await limiter.close();
			for (const shard of this.#shards.values()) {
				shard.end(this.#stopped.signal.aborted ? 'dropped' : 'returned');
			}
		}
	}

	async *#targets(): AsyncGenerator<Target> {
		const isOver = () => this.#signal.aborted || this.#workplace.enough.aborted;
		while (!isOver()) {
			const shard = this.#waiting.shift();
			for (const target of shard?.missing() ?? []) {
				if (isOver()) {
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

	async #look(): Promise<void> {
		const { client, prefix } = this.#workplace;
		const { name } = this.#record;
		await Promise.all([...this.#shards.values()].map((shard) => shard.tell()));
		const [found, owner] = await client.hmget(runKey(prefix, name), 'name', 'coordinator');
		if (found !== name || owner === '') {
			this.#stopped.abort(new Error('the run was stopped'));
		}
	}
}
