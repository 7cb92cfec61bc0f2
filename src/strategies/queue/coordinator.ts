import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../download/outcome.ts';
import { BadMessage } from '../../schema/message.ts';
import type { Target } from '../../targets/target.ts';
import { unlessAborted } from '../../util/promises.ts';
import type { Journal } from './journal.ts';
import { OpenShard } from './open-shard.ts';
import { nameOf, type QueueOptions } from './options.ts';
import type { OwnedRun } from './run.ts';
import { associatedDataOf } from './seal.ts';
import type { CutShard, LocalContext } from './shard.ts';
import type { JobState, ShardQueue } from './shard-queue.ts';

/** Shards open at once: enough for each worker to find the next one waiting. */
const OPEN_SHARDS_MIN = 16;
const OPEN_SHARDS_PER_WORKER = 3;
/** How often the coordinator polls its open shards. */
const POLL_INTERVAL_MS = 50;
const WORKER_COUNT_INTERVAL_MS = 1_000;
/** Warn the user after this long without a worker. */
const NO_WORKER_WARNING_AFTER_MS = 5_000;
/** How often a shard is added again if its job ended without a complete result. */
const REQUEUE_MAX = 2;

const SHARDS_LEFT_WARNING =
	'a worker leaves shards to others; it says why: another version, or another FLAGDL_QUEUE_KEY';

interface CoordinatorParts {
	readonly settings: QueueOptions;
	readonly run: OwnedRun;
	readonly shards: ShardQueue;
	readonly journal: Journal;
	/** The rest of the list, after its first shard. */
	readonly list: AsyncGenerator<CutShard, void, undefined>;
	readonly clock: LocalContext['clock'];
	/** Aborted when the coordinator must stop. */
	readonly stop: AbortSignal;
}

/** Keeps a bounded number of shards on the queue and yields exactly one outcome per target. */
export class Coordinator {
	readonly #parts: CoordinatorParts;
	readonly #open = new Set<OpenShard>();
	readonly #workers = new Set<string>();
	/** The next shard, while it is being cut; the source may be slow. */
	#next: Promise<IteratorResult<CutShard, void>> | undefined;
	#isListExhausted = false;
	#hasWarnedOfLeft = false;
	#hasEnded = false;
	#openShardsMax = OPEN_SHARDS_MIN;
	#lastCountMs = 0;
	#noWorkerSinceMs = performance.now();

	/** @param first - The first shard of the list. */
	constructor(parts: CoordinatorParts, first: CutShard) {
		this.#parts = parts;
		this.#next = Promise.resolve({ value: first });
	}

	async *outcomes(): AsyncGenerator<Outcome, void, undefined> {
		const { stop, shards, journal, run } = this.#parts;
		for (;;) {
			const pause = sleep(POLL_INTERVAL_MS);
			yield* this.#addShards(pause);
			if (this.#isListExhausted && this.#open.size === 0) {
				break;
			}
			await unlessAborted(stop, pause);
			await unlessAborted(stop, run.keep());
			const open = [...this.#open];
			const polling = Promise.all(open.map(async ({ cut }) => await shards.poll(cut)));
			const states = await unlessAborted(stop, polling);
			await unlessAborted(stop, this.#checkWorkers(states));
			for (const [index, shard] of open.entries()) {
				yield* this.#report(shard, states[index]);
			}
		}
		this.#hasEnded = true;
		journal.remove();
		// Keys that cannot be removed now expire.
		await unlessAborted(stop, run.end()).catch(() => {});
	}

	/** A run that has not ended can be resumed. */
	async close(): Promise<void> {
		if (!this.#hasEnded) {
			await this.#parts.run.stop().catch(() => {});
		}
		await this.#parts.shards.close();
	}

	/** Targets without an outcome in the shards cut so far. */
	async *missing(): AsyncGenerator<Target> {
		for (const shard of this.#open) {
			yield* shard.missing();
		}
		const next = await this.#next?.catch(() => undefined);
		yield* next?.value?.targets ?? [];
	}

	/** Adds shards while there is room, until the pause is over. Outcomes in the journal are yielded again. */
	async *#addShards(pause: Promise<void>): AsyncGenerator<Outcome> {
		const { stop, run, shards, journal, settings, clock, list } = this.#parts;
		while (this.#open.size < this.#openShardsMax && !this.#isListExhausted) {
			this.#next ??= list.next();
			this.#next.catch(() => {}); // Avoids an unhandled rejection while something else is awaited.
			const next = await unlessAborted(stop, Promise.race([this.#next, pause]));
			if (typeof next !== 'object') {
				return;
			}
			this.#next = undefined;
			this.#isListExhausted = next.done === true;
			const cut = next.value;
			if (cut === undefined) {
				return;
			}
			const associatedData = associatedDataOf(run.name, cut.number, cut.digest);
			const shard = new OpenShard(cut, { outputDir: settings.outputDir, clock }, (sealed) =>
				run.seal.open(sealed, associatedData),
			);
			this.#open.add(shard);
			yield* shard.add(journal.find(cut.number, cut.digest));
			if (shard.isComplete) {
				this.#finish(shard);
			} else {
				await unlessAborted(stop, shards.add(cut));
			}
		}
	}

	/** Yields the new outcomes of a shard. */
	async *#report(shard: OpenShard, state: JobState | undefined): AsyncGenerator<Outcome> {
		const { stop, shards, journal, settings } = this.#parts;
		if (state === undefined) {
			// Redis lost the job.
			await unlessAborted(stop, shards.add(shard.cut));
			return;
		}
		if (state.isDelayed && !this.#hasWarnedOfLeft) {
			this.#hasWarnedOfLeft = true;
			settings.warn('shards_left', SHARDS_LEFT_WARNING);
		}
		const outcomes = this.#readOutcomes(shard, state);
		if (state.hasEnded && shard.isComplete) {
			// The journal is written before the last outcomes are yielded.
			journal.append(shard.cut.number, shard.cut.digest, shard.rows);
		}
		yield* outcomes;
		if (!state.hasEnded) {
			return;
		}
		if (shard.isComplete) {
			this.#finish(shard);
		} else if (!state.isCrashLoop && shard.requeues < REQUEUE_MAX) {
			// The result is not for this shard, or a worker did not find the run, or found it stopped.
			shard.requeues += 1;
			await unlessAborted(stop, shards.remove(shard.cut));
			await unlessAborted(stop, shards.add(shard.cut));
		} else {
			// The job stays for inspection.
			this.#open.delete(shard);
			yield* shard.failMissing(state.failure);
		}
	}

	#readOutcomes(shard: OpenShard, { message }: JobState): readonly Outcome[] {
		const { settings } = this.#parts;
		try {
			const parsed = message === undefined ? undefined : shard.parse(message);
			if (parsed !== undefined) {
				this.#workers.add(parsed.worker);
				settings.onWorkers?.(this.#workers.size);
			}
			return parsed === undefined ? [] : shard.add(parsed.rows);
		} catch (error) {
			if (!(error instanceof BadMessage)) {
				throw error;
			}
			const { number } = shard.cut;
			settings.warn('bad_message', `shard ${number} has what cannot be read: ${error.message}`);
			return [];
		}
	}

	/** Removes the job of a shard whose outcomes have all been yielded. */
	#finish(shard: OpenShard): void {
		this.#open.delete(shard);
		this.#parts.shards.remove(shard.cut).catch(() => {});
	}

	/** Warns if no shard is taken: no worker runs, or all are busy, use another database, or fail at what is in Redis. */
	async #checkWorkers(states: readonly (JobState | undefined)[]): Promise<void> {
		const nowMs = performance.now();
		if (nowMs - this.#lastCountMs < WORKER_COUNT_INTERVAL_MS) {
			return;
		}
		this.#lastCountMs = nowMs;
		const { shards, settings } = this.#parts;
		const workers = await shards.countWorkers();
		this.#openShardsMax = OPEN_SHARDS_MIN + OPEN_SHARDS_PER_WORKER * (workers ?? 0);
		const isTaken = states.length === 0 || states.some((state) => state?.isTaken);
		if (workers !== 0 && isTaken) {
			this.#noWorkerSinceMs = nowMs;
		} else if (nowMs - this.#noWorkerSinceMs > NO_WORKER_WARNING_AFTER_MS) {
			this.#noWorkerSinceMs = Number.POSITIVE_INFINITY;
			const redis = nameOf(settings.redis);
			settings.warn(
				'no_worker',
				`no worker takes shards from ${redis}; start one with: flagdl worker --redis ${redis}`,
			);
		}
	}
}
