import type { Redis } from 'ioredis';
import type { Outcome } from '../../../download/outcome.ts';
import type { Target } from '../../../targets/target.ts';
import { deferred } from '../../../util/deferred.ts';
import type { Strategy } from '../../strategy.ts';
import { type Patience, type RedisAddress, recordKey, type WorkerEvent } from '../options.ts';
import type { RunRecord } from '../run.ts';
import { SharedNames } from './directory.ts';
import type { Place, Shard } from './shard.ts';
import { SharedLimiter } from './shared-limiter.ts';

const LOOK_MS = 200;
/** How often it is told what is done of a shard. */
const TELL_MS = 500;

export interface WorkerOptions {
	readonly redis: RedisAddress;
	readonly prefix: string;
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
	readonly patience?: Patience;
}

export interface Workplace extends Place {
	readonly client: Redis;
	readonly prefix: string;
	readonly strategy: Strategy;
	readonly concurrency: number;
	readonly threads: number;
	/** Aborted when nothing more is to be begun. */
	readonly enough: AbortSignal;
	/** Aborted when what is in flight is to be ended, too. */
	readonly end: AbortSignal;
}

/**
 * The work on one run, with one limiter, one pool of connections and one set of slots: all its shards are one stream
 * of targets to the strategy, so that no slot stands idle between two shards.
 */
class RunSession {
	/** Resolves when all connections are closed. @throws What is a bug. */
	readonly closed: Promise<void>;
	readonly #workplace: Workplace;
	readonly #record: RunRecord;
	readonly #names: SharedNames;
	readonly #stopped = new AbortController();
	readonly #signal: AbortSignal;
	readonly #shards = new Map<number, Shard>();
	#waiting: Shard[] = [];
	#changed = deferred<void>();
	/** Whether it takes no more shards. */
	isClosing = false;
	#toldMs = 0;

	constructor(record: RunRecord, workplace: Workplace) {
		const { client, prefix, directory, enough, end } = workplace;
		this.#workplace = workplace;
		this.#record = record;
		this.#names = new SharedNames(client, prefix, record.name, directory);
		this.#signal = AbortSignal.any([end, this.#stopped.signal]);
		for (const signal of [enough, this.#signal]) {
			signal.addEventListener('abort', () => this.close(), { once: true });
		}
		this.closed = this.#run();
		this.closed.catch(() => {});
	}

	/** Whether its shards are dropped. */
	get isStopped(): boolean {
		return this.#stopped.signal.aborted;
	}

	/** Works on a shard until `shard.ended`. */
	add(shard: Shard): void {
		this.#shards.set(shard.message.shard, shard);
		this.#waiting.push(shard);
		this.#changed.resolve();
		void shard.ended.then(() => {
			if (this.#shards.get(shard.message.shard) === shard) {
				this.#shards.delete(shard.message.shard);
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
		const { options, name: run } = this.#record;
		const limiter = new SharedLimiter({ client, prefix, run, clock, owner: name, options });
		const timer = setInterval(() => void this.#look().catch(() => {}), LOOK_MS);
		try {
			await limiter.open();
			const context = {
				...{ options, concurrency, threads, signal: this.#signal, outputDir: directory.path },
				shared: {
					limiter,
					names: this.#names,
					onLimiting: (call: () => void) => limiter.onLimiting(call),
				},
			};
			for await (const outcome of strategy(this.#targets(), context)) {
				this.#take(outcome);
			}
		} finally {
			clearInterval(timer);
			this.isClosing = true;
			await limiter.close();
			for (const shard of this.#shards.values()) {
				shard.end(this.isStopped ? 'dropped' : 'returned');
			}
		}
	}

	async *#targets(): AsyncGenerator<Target> {
		while (!this.#isOver()) {
			const shard = this.#waiting.shift();
			for (const target of shard?.untouched() ?? []) {
				if (this.#isOver()) {
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

	#isOver(): boolean {
		return this.#signal.aborted || this.#workplace.enough.aborted;
	}

	#take(outcome: Outcome): void {
		const { target, dest, status } = outcome;
		// What was ended is not done: another worker will do it.
		if (status !== 'cancelled') {
			const shard = this.#shards.get(Math.floor(target.index / this.#record.shardSize));
			shard?.add(outcome, this.#names.wasThere(dest));
		}
	}

	/** Whether the run is still wanted; and tells what is done. */
	async #look(): Promise<void> {
		const { client, prefix } = this.#workplace;
		const { name } = this.#record;
		if (performance.now() - this.#toldMs > TELL_MS) {
			this.#toldMs = performance.now();
			const news = [...this.#shards.values()].filter((shard) => shard.hasNews);
			await Promise.all(news.map((shard) => shard.tell()));
		}
		const [found, stopped] = await client.hmget(recordKey(prefix, name), 'name', 'stopped');
		if (found !== name || stopped === '1') {
			this.#stopped.abort(new Error('the run was stopped'));
		}
	}
}

/** One run after the other: a worker has one set of slots and connections. */
export class RunSessions {
	readonly #workplace: Workplace;
	readonly #onFailure: (error: unknown) => void;
	#current: { readonly key: string; readonly session: RunSession } | undefined;

	/** @param onFailure - Receives what is a bug. */
	constructor(workplace: Workplace, onFailure: (error: unknown) => void) {
		this.#workplace = workplace;
		this.#onFailure = onFailure;
	}

	/** Works on a shard until `shard.ended`, with those of the same run; one that has ended a worker stands alone. */
	async add(shard: Shard): Promise<void> {
		const { record, isSuspect, message } = shard;
		const key = JSON.stringify([record.name, record.options, isSuspect ? message.shard : -1]);
		while (this.#current !== undefined) {
			const { key: known, session } = this.#current;
			if (known === key && !session.isClosing) {
				session.add(shard);
				return;
			}
			session.close();
			await session.closed;
			this.#forget(session);
		}
		const session = new RunSession(record, this.#workplace);
		session.closed.catch(this.#onFailure);
		this.#current = { key, session };
		session.add(shard);
	}

	#forget(session: RunSession): void {
		if (this.#current?.session === session) {
			this.#current = undefined;
		}
	}

	async close(): Promise<void> {
		this.#current?.session.close();
		await this.#current?.session.closed;
	}
}
