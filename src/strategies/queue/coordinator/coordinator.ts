import type { Queue } from 'bullmq';
import type { Outcome } from '../../../download/outcome.ts';
import { unlessAborted } from '../../../util/abort.ts';
import { UsageError } from '../../../util/errors.ts';
import type { QueueOptions } from '../options.ts';
import { unpackOutcomes } from '../wire/outcome-batch.ts';
import { BadMessage } from '../wire/read.ts';
import type { ShardMessage } from '../wire/shard-message.ts';
import { Changes } from './changes.ts';
import type { Ledger } from './ledger.ts';
import { lookAfter } from './look-after.ts';
import type { Mailbox } from './mailbox.ts';
import type { Entry, OutcomeStream } from './outcome-stream.ts';
import type { RunStore } from './run-store.ts';
import type { ShardCutter } from './shard-cutter.ts';

/** Shards that are open at once: enough for each worker to find one waiting when it has done one. */
const OPEN_MIN = 16;
const OPEN_PER_WORKER = 3;
/** Longest wait for outcomes. */
const READ_MS = 500;

export interface CoordinatorParts {
	readonly settings: QueueOptions;
	/** What messages call the Redis. */
	readonly redisName: string;
	readonly store: RunStore;
	readonly queue: Queue<ShardMessage>;
	readonly stream: OutcomeStream;
	readonly cutter: ShardCutter;
	readonly ledger: Ledger;
	readonly mailbox: Mailbox<Outcome>;
	/** Aborted when nothing more is to be done. */
	readonly stop: AbortSignal;
}

/**
 * Feeds the queue, listens to the workers and looks after silent shards, all at once, until every
 * target has its outcome.
 *
 * That a run has ended is known from its outcomes alone. BullMQ's events are trimmed, its completed
 * jobs are removed: neither is asked.
 */
export class Coordinator {
	readonly #parts: CoordinatorParts;
	readonly #changes = new Changes();
	/** Shards that outcomes have come of must be cut, whatever else is open. */
	#wanted = 0;
	#openMax = OPEN_MIN;
	/** False while a run that is taken up is told what has happened before. */
	#isLive: boolean;
	/** Whether there was nothing to read, the last time. */
	#isCaughtUp = false;

	constructor(parts: CoordinatorParts) {
		this.#parts = parts;
		this.#isLive = !parts.store.isResumed;
	}

	/** @throws What ends it before every target has its outcome; nothing where it was stopped. */
	async run(): Promise<void> {
		const { stop } = this.#parts;
		const over = new AbortController();
		const leave = () => over.abort();
		stop.addEventListener('abort', leave, { once: true });
		const failed = (error: unknown) => {
			if (over.signal.aborted) {
				return;
			}
			leave();
			throw error;
		};
		// Each ends when it is over, though Redis may not answer what it was asked.
		const loops = [
			this.#feed(over.signal),
			this.#listen(over.signal).then(leave),
			unlessAborted(
				over.signal,
				lookAfter(this.#parts, over.signal, {
					onWorkers: (workers) => {
						this.#openMax = OPEN_MIN + OPEN_PER_WORKER * workers;
						this.#changes.happened();
					},
					onForgotten: async () => await this.#addAll(),
					onDone: (shard) => this.#forget(shard),
					isCaughtUp: () => this.#isLive && this.#isCaughtUp,
				}),
			),
		];
		await Promise.all(loops.map(async (loop) => await loop.catch(failed)));
		stop.removeEventListener('abort', leave);
	}

	async #feed(over: AbortSignal): Promise<void> {
		const { cutter, ledger, store } = this.#parts;
		const isDue = () =>
			cutter.count < this.#wanted || (this.#isLive && ledger.size < this.#openMax);
		while (await this.#changes.until(isDue, over)) {
			const shard = await cutter.next();
			if (shard !== undefined) {
				ledger.open(shard);
			}
			this.#changes.happened();
			if (shard === undefined) {
				return;
			}
			if (this.#isLive) {
				await unlessAborted(over, store.add(shard));
			}
		}
	}

	async #listen(over: AbortSignal): Promise<void> {
		const { cutter, ledger, mailbox, stream } = this.#parts;
		while (!(cutter.isExhausted && ledger.size === 0)) {
			const entries = await unlessAborted(over, stream.next(this.#isLive ? READ_MS : 0));
			this.#isCaughtUp = entries.length === 0;
			if (this.#isCaughtUp && !this.#isLive) {
				await unlessAborted(over, this.#goLive());
			}
			for (const entry of entries) {
				this.#wanted = Math.max(this.#wanted, entry.shard + 1);
				this.#changes.happened();
				const isCut = () => cutter.count > entry.shard || cutter.isExhausted;
				if (!(await this.#changes.until(isCut, over))) {
					return;
				}
				this.#take(entry);
			}
			await mailbox.room();
		}
	}

	#take({ shard, digest, worker, outcomes }: Entry): void {
		const { ledger, mailbox, settings } = this.#parts;
		const account = ledger.get(shard);
		if (account === undefined) {
			return;
		}
		if (account.shard.digest !== digest) {
			throw new UsageError(
				`--run-id: run ${settings.runId} was begun with another list; give the same list, or another --run-id`,
			);
		}
		try {
			mailbox.send(ledger.take(account, unpackOutcomes(outcomes)));
		} catch (error) {
			if (!(error instanceof BadMessage)) {
				throw error;
			}
			settings.warn('bad_message', `worker ${worker} sent what cannot be read: ${error.message}`);
		}
		if (account.missingCount === 0) {
			this.#forget(shard);
		}
	}

	#forget(shard: number): void {
		this.#parts.store.forget(shard).catch(() => {});
		this.#changes.happened();
	}

	/** What has happened before is told: what is missing still goes on the queue. */
	async #goLive(): Promise<void> {
		this.#isLive = true;
		this.#changes.happened();
		await this.#addAll();
	}

	async #addAll(): Promise<void> {
		const { ledger, store, stop } = this.#parts;
		for (const { shard } of ledger.accounts()) {
			if (!stop.aborted) {
				await store.add(shard);
			}
		}
	}
}
