import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../download/outcome.ts';
import { BadMessage } from '../../schema/message.ts';
import type { Target } from '../../targets/target.ts';
import { unlessAborted } from '../../util/promises.ts';
import type { Journal } from './journal.ts';
import { OpenShard } from './open-shard.ts';
import { nameOf, type QueueOptions } from './options.ts';
import type { OwnRun } from './run.ts';
import type { CutShard, Side } from './shard.ts';
import type { Found, ShardQueue } from './shard-queue.ts';

/** Shards that are open at once: enough for each worker to find one waiting when it has done one. */
const OPEN_MIN = 16;
const OPEN_PER_WORKER = 3;
/** How often is looked at what has become of the open shards. */
const LOOK_MS = 50;
const COUNT_MS = 1_000;
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
	readonly clock: Side['clock'];
	/** Aborted when nothing more is to be done. */
	readonly stop: AbortSignal;
}

/**
 * Keeps a bounded number of shards on the queue and tells their outcomes, each target's once, until every shard has
 * been told.
 */
export class Coordinator {
	readonly #parts: CoordinatorParts;
	readonly #open = new Set<OpenShard>();
	readonly #workers = new Set<string>();
	/** The next shard, while it is being cut; the source may take its time. */
	#next: Promise<IteratorResult<CutShard, void>> | undefined;
	#isListed = false;
	#isLeft = false;
	#hasEnded = false;
	#openMax = OPEN_MIN;
	#countedMs = 0;
	#lonelySinceMs = performance.now();

	/** @param first - The first shard of the list. */
	constructor(parts: CoordinatorParts, first: CutShard) {
		this.#parts = parts;
		this.#next = Promise.resolve({ value: first });
	}

	async *outcomes(): AsyncGenerator<Outcome, void, undefined> {
		const { stop, shards, journal, run } = this.#parts;
		for (;;) {
			const pause = sleep(LOOK_MS);
			yield* this.#begin(pause);
			if (this.#isListed && this.#open.size === 0) {
				break;
			}
			await unlessAborted(stop, pause);
			await unlessAborted(stop, run.keep());
			await unlessAborted(stop, this.#countWorkers());
			const open = [...this.#open];
			const looking = Promise.all(open.map(async ({ cut }) => await shards.look(cut)));
			for (const [index, found] of (await unlessAborted(stop, looking)).entries()) {
				yield* this.#tell(open[index] as OpenShard, found);
			}
		}
		this.#hasEnded = true;
		journal.remove();
		// What cannot be removed now goes by itself.
		await unlessAborted(stop, run.end()).catch(() => {});
	}

	/** A run that has not ended can be taken up again. */
	async close(): Promise<void> {
		if (!this.#hasEnded) {
			await this.#parts.run.stop().catch(() => {});
		}
		await this.#parts.shards.close();
	}

	/** Targets that have been cut, and have no outcome. */
	async *missing(): AsyncGenerator<Target> {
		for (const shard of this.#open) {
			yield* shard.missing();
		}
		const next = await this.#next?.catch(() => undefined);
		yield* next?.value?.targets ?? [];
	}

	/** Puts shards on the queue while there is room, and until the pause is over. What was told before is told again. */
	async *#begin(pause: Promise<void>): AsyncGenerator<Outcome> {
		const { stop, shards, journal, settings, clock, list } = this.#parts;
		while (this.#open.size < this.#openMax && !this.#isListed) {
			this.#next ??= list.next();
			this.#next.catch(() => {}); // It may fail while something else is waited for.
			const next = await unlessAborted(stop, Promise.race([this.#next, pause]));
			if (typeof next !== 'object') {
				return;
			}
			this.#next = undefined;
			this.#isListed = next.done === true;
			const cut = next.value;
			if (cut === undefined) {
				return;
			}
			const shard = new OpenShard(cut, { outputDir: settings.outputDir, clock });
			this.#open.add(shard);
			const told = journal.find(cut.number, cut.digest);
			if (told === undefined) {
				await unlessAborted(stop, shards.add(cut));
			} else {
				yield* shard.take(told);
				this.#end(shard);
			}
		}
	}

	/** Tells what is new of a shard. */
	async *#tell(shard: OpenShard, found: Found | undefined): AsyncGenerator<Outcome> {
		const { stop, shards, journal, settings } = this.#parts;
		if (found === undefined) {
			// Redis has forgotten it.
			await unlessAborted(stop, shards.add(shard.cut));
			return;
		}
		if (found.isDelayed && !this.#isLeft) {
			this.#isLeft = true;
			settings.warn('shards_left', LEFT);
		}
		const news = this.#news(shard, found);
		if (found.hasEnded && shard.isWhole) {
			// Written down before it is told.
			journal.append(shard.cut.number, shard.cut.digest, shard.rows);
		}
		yield* news;
		if (found.hasEnded && shard.isWhole) {
			this.#end(shard);
		} else if (found.failure !== undefined) {
			// The job stays, to be looked at.
			this.#open.delete(shard);
			yield* shard.giveUp('shard_failed', found.failure);
		} else if (found.hasEnded && shard.timesAdded < ADDED_AGAIN_MAX) {
			// It is none of ours; or the run was stopped meanwhile, and is taken up.
			shard.timesAdded += 1;
			await unlessAborted(stop, shards.remove(shard.cut));
			await unlessAborted(stop, shards.add(shard.cut));
		} else if (found.hasEnded) {
			this.#end(shard);
			yield* shard.giveUp(
				'outcome_lost',
				`its shard was done ${ADDED_AGAIN_MAX + 1} times in vain`,
			);
		}
	}

	#news(shard: OpenShard, { told }: Found): readonly Outcome[] {
		const { settings } = this.#parts;
		try {
			const sent = told === undefined ? undefined : shard.read(told);
			if (sent !== undefined) {
				this.#workers.add(sent.worker);
				settings.onWorkers?.(this.#workers.size);
			}
			return sent === undefined ? [] : shard.take(sent.rows);
		} catch (error) {
			if (!(error instanceof BadMessage)) {
				throw error;
			}
			const { number } = shard.cut;
			settings.warn('bad_message', `shard ${number} has what cannot be read: ${error.message}`);
			return [];
		}
	}

	/** All of it is told: the job may go. */
	#end(shard: OpenShard): void {
		this.#open.delete(shard);
		this.#parts.shards.remove(shard.cut).catch(() => {});
	}

	async #countWorkers(): Promise<void> {
		const nowMs = performance.now();
		if (nowMs - this.#countedMs < COUNT_MS) {
			return;
		}
		this.#countedMs = nowMs;
		const { shards, settings } = this.#parts;
		const workers = await shards.countWorkers();
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
	}
}
