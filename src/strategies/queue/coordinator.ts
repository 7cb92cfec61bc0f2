import type { Outcome } from '../../download/outcome.ts';
import { BadMessage } from '../../schema/message.ts';
import type { OutcomeRow } from '../../schema/shard.ts';
import type { Target } from '../../targets/target.ts';
import { unlessAborted } from '../../util/abort.ts';
import { deferred } from '../../util/deferred.ts';
import type { Journal } from './journal.ts';
import type { QueueOptions } from './options.ts';
import type { SharedClock } from './redis/shared-state.ts';
import { anotherList, type OwnRun } from './run.ts';
import type { CutShard, ShardCutter } from './shard-cutter.ts';
import { AnotherShard, type News, OpenShard, type ShardQueue } from './shards.ts';
import { fromRow } from './wire/shard.ts';

/** Shards that are open at once: enough for each worker to find one waiting when it has done one. */
const OPEN_MIN = 16;
const OPEN_PER_WORKER = 3;
const LOOK_MS = 1_000;
/** A shard of which nothing was heard for so long is looked up: events get lost. */
const SILENT_MS = 2_000;
/** Without a worker for so long, the user is told. */
const LONELY_MS = 5_000;
/** How often a shard is added again whose job has no result. */
const ADDED_AGAIN_MAX = 2;

export interface CoordinatorParts {
	readonly settings: QueueOptions;
	readonly run: OwnRun;
	readonly shards: ShardQueue;
	readonly journal: Journal;
	readonly cutter: ShardCutter;
	readonly clock: SharedClock;
	/** Aborted when nothing more is to be done. */
	readonly stop: AbortSignal;
	/** Called when there has been no worker for a while. */
	readonly onLonely: () => void;
}

/**
 * Keeps a bounded number of shards on the queue and tells their outcomes, each target's once, until every shard has
 * been told.
 */
export class Coordinator {
	readonly #parts: CoordinatorParts;
	/** By their jobs. */
	readonly #open = new Map<string, OpenShard>();
	readonly #news = new Map<string, News>();
	readonly #workers = new Set<string>();
	#cut: CutShard | undefined;
	#pulling: Promise<void> | undefined;
	#failure: { readonly error: unknown } | undefined;
	#isLookDue = false;
	#changed = deferred<void>();
	#openMax = OPEN_MIN;
	#lonelySinceMs = performance.now();

	/** @param first - The first shard of the list, which has been cut. */
	constructor(parts: CoordinatorParts, first: CutShard) {
		this.#parts = parts;
		this.#cut = first;
	}

	/** @throws What ends the run before its end. */
	async *outcomes(): AsyncGenerator<Outcome, void, undefined> {
		const { stop, cutter, shards } = this.#parts;
		shards.listen((jobId, news) => {
			if (this.#open.has(jobId) && !(news.kind === 'progress' && this.#news.has(jobId))) {
				this.#news.set(jobId, news);
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
				for (const [jobId, news] of this.#news) {
					const shard = this.#open.get(jobId);
					this.#news.delete(jobId);
					yield* shard === undefined ? [] : this.#take(jobId, shard, news);
				}
				if (this.#isLookDue) {
					await unlessAborted(stop, this.#lookAround());
				}
				this.#pull();
				if (this.#failure !== undefined) {
					throw this.#failure.error;
				}
				if (cutter.isExhausted && this.#cut === undefined && this.#open.size === 0) {
					return;
				}
				await unlessAborted(stop, this.#changed.promise);
				this.#changed = deferred<void>();
			}
		} finally {
			clearInterval(timer);
		}
	}

	async takeBack(): Promise<void> {
		await this.#parts.shards.takeBack(this.#open.keys());
	}

	/** Targets that have been cut, and have no outcome. */
	*missing(): Generator<Target> {
		for (const shard of this.#open.values()) {
			yield* shard.missing();
		}
		yield* this.#cut?.targets ?? [];
	}

	/** Cuts the next shard, if there is room for one; the source may take its time. */
	#pull(): void {
		const { cutter } = this.#parts;
		if (cutter.isExhausted || this.#cut !== undefined || this.#open.size >= this.#openMax) {
			return;
		}
		this.#pulling ??= cutter
			.next()
			.then(
				(cut) => {
					this.#cut = cut;
				},
				(error: unknown) => {
					this.#failure = { error };
				},
			)
			.finally(() => {
				this.#pulling = undefined;
				this.#changed.resolve();
			});
	}

	/** Tells a shard that an earlier coordinator has told; otherwise it goes on the queue. */
	async *#begin(): AsyncGenerator<Outcome> {
		const cut = this.#cut;
		if (cut === undefined) {
			return;
		}
		const { journal, run, shards, stop } = this.#parts;
		const jobId = shards.jobIdOf(cut);
		// Of a run that is taken up it may be done already.
		const shard = new OpenShard(cut, run.isResumed ? Number.NEGATIVE_INFINITY : performance.now());
		const told = journal.find(cut.number, cut.digest);
		this.#open.set(jobId, shard);
		this.#cut = undefined;
		if (told === undefined) {
			await unlessAborted(stop, shards.add(shard));
		} else {
			yield* this.#tell(shard, told);
			this.#close(jobId);
			this.#changed.resolve();
		}
	}

	async *#take(jobId: string, shard: OpenShard, { kind, value }: News): AsyncGenerator<Outcome> {
		shard.newsMs = performance.now();
		if (kind === 'failed') {
			// The job stays, to be looked at.
			this.#open.delete(jobId);
			yield* shard.giveUp('shard_failed', typeof value === 'string' ? value : 'no reason is known');
			return;
		}
		const { run, settings, stop } = this.#parts;
		const isCompleted = kind === 'completed';
		try {
			const { rows, worker } = shard.read(value);
			if (isCompleted) {
				await unlessAborted(stop, run.keep());
			}
			this.#workers.add(worker);
			settings.onWorkers?.(this.#workers.size);
			yield* this.#tell(shard, rows, isCompleted);
		} catch (error) {
			if (error instanceof AnotherShard && run.isResumed && isCompleted) {
				throw anotherList(settings.runId);
			}
			if (!(error instanceof BadMessage)) {
				throw error;
			}
			settings.warn('bad_message', `job ${jobId} has what cannot be read: ${error.message}`);
		}
		if (isCompleted && shard.isWhole) {
			this.#close(jobId);
		} else if (isCompleted) {
			// It is none of ours; or the run was stopped meanwhile, and is taken up.
			yield* this.#addAgain(jobId, shard);
		}
	}

	/** @param isLast - Then all is written down before it is told. */
	#tell(shard: OpenShard, rows: readonly OutcomeRow[], isLast: boolean = false): Outcome[] {
		const { settings, clock, journal } = this.#parts;
		const news = shard.take(rows);
		if (isLast && shard.isWhole) {
			journal.append(shard.cut.number, shard.cut.digest, shard.rows);
		}
		return news.map(([row, target]) => fromRow(row, target, { ...settings, clock }));
	}

	async *#addAgain(jobId: string, shard: OpenShard): AsyncGenerator<Outcome> {
		const { shards, stop } = this.#parts;
		shard.timesAdded += 1;
		if (shard.timesAdded > ADDED_AGAIN_MAX) {
			const reason = `its shard was done ${shard.timesAdded} times, and nothing was heard of it`;
			this.#open.delete(jobId);
			yield* shard.giveUp('outcome_lost', reason);
			return;
		}
		await unlessAborted(stop, shards.remove(jobId));
		await unlessAborted(stop, shards.add(shard));
	}

	/** All of it is told: the job may go. */
	#close(jobId: string): void {
		this.#open.delete(jobId);
		this.#parts.shards.remove(jobId).catch(() => {});
	}

	/** What no event says: that there is no worker, that another coordinator has the run, that a shard is silent. */
	async #lookAround(): Promise<void> {
		this.#isLookDue = false;
		const { run, shards } = this.#parts;
		const isForgotten = await run.keep();
		await this.#countWorkers();
		for (const [jobId, shard] of this.#open) {
			const isSilent = performance.now() - shard.newsMs > SILENT_MS;
			if ((isSilent || isForgotten) && !this.#news.has(jobId)) {
				shard.newsMs = performance.now();
				const found = await shards.lookUp(shard);
				if (found !== undefined) {
					this.#news.set(jobId, found);
					this.#changed.resolve();
				}
			}
		}
	}

	async #countWorkers(): Promise<void> {
		const { shards, onLonely } = this.#parts;
		const workers = await shards.countWorkers();
		this.#openMax = OPEN_MIN + OPEN_PER_WORKER * (workers ?? 0);
		if (workers !== 0) {
			this.#lonelySinceMs = performance.now();
		} else if (performance.now() - this.#lonelySinceMs > LONELY_MS) {
			this.#lonelySinceMs = Number.POSITIVE_INFINITY;
			onLonely();
		}
	}
}
