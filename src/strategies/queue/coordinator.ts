import type { Outcome } from '../../download/outcome.ts';
import { BadMessage } from '../../schema/message.ts';
import type { Target } from '../../targets/target.ts';
import { deferred, unlessAborted } from '../../util/promises.ts';
import type { Journal } from './journal.ts';
import { nameOf, type QueueOptions } from './options.ts';
import type { SharedClock } from './redis/shared-state.ts';
import { anotherList, type OwnRun } from './run.ts';
import type { ShardQueue } from './shard-queue.ts';
import { AnotherShard, type CutShard, OpenShard } from './shards.ts';

/** Shards that are open at once: enough for each worker to find one waiting when it has done one. */
const OPEN_MIN = 16;
const OPEN_PER_WORKER = 3;
const LOOK_MS = 1_000;
/** Events get lost: a shard of which nothing was heard for so long is looked up. */
const SILENT_MS = 2_000;
/** Without a worker for so long, the user is told. */
const LONELY_MS = 5_000;
/** How often a shard is added again whose job has no result. */
const ADDED_AGAIN_MAX = 2;

const LEFT =
	'a worker leaves shards to others; it says why: another version, or another FLAGDL_QUEUE_KEY';

interface CoordinatorParts {
	readonly settings: QueueOptions;
	readonly run: OwnRun;
	readonly shards: ShardQueue;
	readonly journal: Journal;
	/** The list, from its second shard on. */
	readonly list: AsyncGenerator<CutShard, void, undefined>;
	readonly clock: SharedClock;
	/** Aborted when nothing more is to be done. */
	readonly stop: AbortSignal;
}

/**
 * Keeps a bounded number of shards on the queue and tells their outcomes, each target's once, until every shard has
 * been told.
 */
export class Coordinator {
	readonly #parts: CoordinatorParts;
	/** By their jobs. */
	readonly #open = new Map<string, OpenShard>();
	/** Jobs to which something has happened. */
	readonly #due = new Set<string>();
	readonly #workers = new Set<string>();
	/** The next shard; undefined after the last. */
	#next: CutShard | undefined;
	/** Settles when the next shard has been cut. */
	#cutting: Promise<void> | undefined;
	#failure: { readonly error: unknown } | undefined;
	#isLookDue = false;
	#isLeft = false;
	#hasEnded = false;
	#changed = deferred<void>();
	#openMax = OPEN_MIN;
	#lonelySinceMs = performance.now();

	/** @param first - The first shard of the list. */
	constructor(parts: CoordinatorParts, first: CutShard) {
		this.#parts = parts;
		this.#next = first;
	}

	async *outcomes(): AsyncGenerator<Outcome, void, undefined> {
		const { stop, shards, journal, run } = this.#parts;
		shards.listen((jobId) => {
			if (this.#open.has(jobId)) {
				this.#due.add(jobId);
				this.#changed.resolve();
			}
		});
		const timer = setInterval(() => {
			this.#isLookDue = true;
			this.#changed.resolve();
		}, LOOK_MS);
		try {
			for (;;) {
				yield* this.#begin();
				for (const jobId of this.#due) {
					this.#due.delete(jobId);
					yield* this.#look(jobId);
				}
				if (this.#isLookDue) {
					await unlessAborted(stop, this.#lookAround());
				}
				if (this.#failure !== undefined) {
					throw this.#failure.error;
				}
				if (this.#next === undefined && this.#cutting === undefined && this.#open.size === 0) {
					break;
				}
				await unlessAborted(stop, this.#changed.promise);
				this.#changed = deferred<void>();
			}
		} finally {
			clearInterval(timer);
		}
		this.#hasEnded = true;
		journal.remove();
		// What cannot be removed now goes by itself.
		await unlessAborted(stop, run.end()).catch(() => {});
	}

	/** A run that has not ended can be taken up again. */
	async close(): Promise<void> {
		const { run, shards } = this.#parts;
		if (!this.#hasEnded && (await run.stop().catch(() => false))) {
			await shards.takeBack(this.#open.keys());
		}
		await shards.close();
	}

	/** Targets that have been cut, and have no outcome. */
	async *missing(): AsyncGenerator<Target> {
		for (const shard of this.#open.values()) {
			yield* shard.missing();
		}
		await this.#cutting;
		yield* this.#next?.targets ?? [];
	}

	/** Puts the next shard on the queue if there is room, and has the one after it cut; the source may take its time. */
	async *#begin(): AsyncGenerator<Outcome> {
		const { stop, shards, journal, run, settings, clock } = this.#parts;
		const cut = this.#next;
		if (cut === undefined || this.#open.size >= this.#openMax) {
			return;
		}
		const jobId = shards.jobIdOf(cut);
		// Of a run that is taken up it may be done already.
		const newsMs = run.isResumed ? Number.NEGATIVE_INFINITY : performance.now();
		const shard = new OpenShard(cut, newsMs, { outputDir: settings.outputDir, clock });
		const told = journal.find(cut.number, cut.digest);
		this.#open.set(jobId, shard);
		this.#next = undefined;
		this.#cutting = this.#cut();
		if (told === undefined) {
			await unlessAborted(stop, shards.add(cut));
		} else {
			yield* shard.take(told);
			this.#forget(jobId);
			shards.remove(jobId).catch(() => {});
		}
	}

	async #cut(): Promise<void> {
		try {
			this.#next = (await this.#parts.list.next()).value ?? undefined;
		} catch (error) {
			this.#failure = { error };
		}
		this.#cutting = undefined;
		this.#changed.resolve();
	}

	/** Tells what is new of a shard. It is its job that counts: that something has happened is only a hint. */
	async *#look(jobId: string): AsyncGenerator<Outcome> {
		const shard = this.#open.get(jobId);
		if (shard === undefined) {
			return;
		}
		const { run, settings, stop, shards, journal } = this.#parts;
		shard.newsMs = performance.now();
		const { state, value } = await unlessAborted(stop, shards.find(shard.cut));
		const isCompleted = state === 'completed';
		if (state === 'delayed' && !this.#isLeft) {
			this.#isLeft = true;
			settings.warn('shards_left', LEFT);
		}
		if (state === 'failed') {
			// The job stays, to be looked at.
			this.#forget(jobId);
			yield* shard.giveUp('shard_failed', typeof value === 'string' ? value : 'no reason is known');
		} else if (isCompleted || typeof value === 'object') {
			try {
				const { rows, worker } = shard.read(value);
				if (isCompleted) {
					await unlessAborted(stop, run.keep());
				}
				this.#workers.add(worker);
				settings.onWorkers?.(this.#workers.size);
				const news = shard.take(rows);
				if (isCompleted && shard.isWhole) {
					// Written down before it is told.
					journal.append(shard.cut.number, shard.cut.digest, shard.rows);
				}
				yield* news;
			} catch (error) {
				if (error instanceof AnotherShard && run.isResumed && isCompleted) {
					throw anotherList(settings.runId);
				}
				if (!(error instanceof BadMessage)) {
					throw error;
				}
				settings.warn('bad_message', `job ${jobId} has what cannot be read: ${error.message}`);
			}
		}
		if (isCompleted && shard.isWhole) {
			this.#forget(jobId); // All of it is told: the job may go.
			shards.remove(jobId).catch(() => {});
		} else if (isCompleted) {
			// It is none of ours; or the run was stopped meanwhile, and is taken up.
			yield* this.#addAgain(jobId, shard);
		}
	}

	async *#addAgain(jobId: string, shard: OpenShard): AsyncGenerator<Outcome> {
		const { shards, stop } = this.#parts;
		shard.timesAdded += 1;
		if (shard.timesAdded > ADDED_AGAIN_MAX) {
			this.#forget(jobId);
			yield* shard.giveUp('outcome_lost', `its shard was done ${shard.timesAdded} times in vain`);
			return;
		}
		await unlessAborted(stop, shards.remove(jobId));
		await unlessAborted(stop, shards.add(shard.cut));
	}

	#forget(jobId: string): void {
		this.#open.delete(jobId);
		this.#changed.resolve();
	}

	/** What no event says: that there is no worker, that another coordinator has the run, that a shard is silent. */
	async #lookAround(): Promise<void> {
		this.#isLookDue = false;
		const { run, shards, settings } = this.#parts;
		const isForgotten = await run.keep();
		const workers = await shards.countWorkers();
		const nowMs = performance.now();
		this.#openMax = OPEN_MIN + OPEN_PER_WORKER * (workers ?? 0);
		if (workers !== 0) {
			this.#lonelySinceMs = nowMs;
		} else if (nowMs - this.#lonelySinceMs > LONELY_MS) {
			this.#lonelySinceMs = Number.POSITIVE_INFINITY;
			const redis = nameOf(settings.redis);
			settings.warn(
				'no_worker',
				`no worker takes shards from ${redis}; start one with: flagdl worker --redis ${redis}`,
			);
		}
		for (const [jobId, { newsMs }] of this.#open) {
			if (isForgotten || nowMs - newsMs > SILENT_MS) {
				this.#due.add(jobId);
			}
		}
		this.#changed.resolve();
	}
}
