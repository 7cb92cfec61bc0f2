import type { Queue, QueueEvents } from 'bullmq';
import { endedOutcome, type Outcome } from '../../download/outcome.ts';
import { BadMessage, check } from '../../schema/message.ts';
import {
	type OutcomeRow,
	type ShardMessage,
	shardResult,
	WIRE_VERSION,
} from '../../schema/shard.ts';
import type { Target } from '../../targets/target.ts';
import { KEEP_S } from './options.ts';
import type { CutShard } from './shard-cutter.ts';
import { unpackRows } from './wire/shard.ts';

/** What BullMQ does with a shard. */
const JOB_OPTIONS = {
	// Workers of another version leave it to those of this one, so often and for so long.
	...{ attempts: 10, backoff: 1000 },
	// What the coordinator does not remove goes by itself.
	...{ removeOnComplete: { age: KEEP_S }, removeOnFail: { age: KEEP_S, count: 1000 } },
};

/** A worker has had other targets under this number. */
export class AnotherShard extends BadMessage {}

/** A shard of which not every outcome is there. What came of a target once counts, whatever comes later. */
export class OpenShard {
	readonly cut: CutShard;
	/** What has come, by the place in the shard. */
	readonly #rows = new Map<number, OutcomeRow>();
	/** When something was last heard of it, in milliseconds of `performance.now()`. */
	newsMs: number;
	timesAdded = 0;

	constructor(cut: CutShard, newsMs: number) {
		this.cut = cut;
		this.newsMs = newsMs;
	}

	/**
	 * The outcomes in what a worker has sent, and who it is.
	 *
	 * @throws {BadMessage} When it is nothing of this shard; `AnotherShard` if it is that of other targets.
	 */
	read(value: unknown): { readonly rows: OutcomeRow[]; readonly worker: string } {
		const { digest, worker, outcomes } = check(shardResult, value, 'result');
		if (digest !== this.cut.digest) {
			throw new AnotherShard('result: found the digest of other targets');
		}
		return { rows: unpackRows(outcomes), worker };
	}

	/** @returns What is new of the outcomes, with their targets. */
	take(rows: readonly OutcomeRow[]): (readonly [OutcomeRow, Target])[] {
		return rows.flatMap((row) => {
			const target = this.cut.targets[row.offset];
			if (target === undefined || this.#rows.has(row.offset)) {
				return [];
			}
			this.#rows.set(row.offset, row);
			return [[row, target] as const];
		});
	}

	get rows(): OutcomeRow[] {
		return [...this.#rows.values()];
	}

	get isWhole(): boolean {
		return this.#rows.size === this.cut.targets.length;
	}

	missing(): Target[] {
		return this.cut.targets.filter((_, offset) => !this.#rows.has(offset));
	}

	/** Errors for all that is missing. */
	giveUp(code: 'shard_failed' | 'outcome_lost', reason: string): Outcome[] {
		const message =
			code === 'shard_failed' ? 'the shard of this target failed' : 'no outcome came of it';
		const isPoison = reason.includes('stalled more than');
		const causes = [isPoison ? 'it has ended 3 workers' : reason.slice(0, 1000)];
		const failure = { code, message, causes };
		return this.missing().map((target) => endedOutcome(target, 'error', { failure }));
	}
}

/** What is heard of a job. */
export interface News {
	readonly kind: 'completed' | 'failed' | 'progress';
	readonly value: unknown;
}

/** The shards of one run on the queue of BullMQ. */
export class ShardQueue {
	readonly #queue: Queue<ShardMessage>;
	readonly #events: QueueEvents;
	readonly #run: string;

	/** @param run - Name of the run. */
	constructor(queue: Queue<ShardMessage>, events: QueueEvents, run: string) {
		this.#queue = queue;
		this.#events = events;
		this.#run = run;
	}

	/** Adding the same one again changes nothing. */
	jobIdOf({ number }: CutShard): string {
		return `${this.#run}-${number}`;
	}

	async add({ cut, rows }: OpenShard): Promise<void> {
		const { number: shard, digest, wire } = cut;
		const [targets, done] = [[...wire], rows.map(({ offset }) => offset)];
		const message = { wire: WIRE_VERSION, run: this.#run, shard, digest, targets, done } as const;
		await this.#queue.add('shard', message, { jobId: this.jobIdOf(cut), ...JOB_OPTIONS });
	}

	async remove(jobId: string): Promise<void> {
		await this.#queue.remove(jobId);
	}

	/** Calls back with what happens to jobs of this queue. Events are trimmed: some may be missed. */
	listen(hear: (jobId: string, news: News) => void): void {
		const events = this.#events;
		events.on('completed', ({ jobId, returnvalue: value }) =>
			hear(jobId, { kind: 'completed', value }),
		);
		events.on('failed', ({ jobId, failedReason: value }) => hear(jobId, { kind: 'failed', value }));
		events.on('progress', ({ jobId, data: value }) => hear(jobId, { kind: 'progress', value }));
	}

	/** @returns How its job has ended; undefined if it has not. It is added if it is not there. */
	async lookUp(shard: OpenShard): Promise<News | undefined> {
		const jobId = this.jobIdOf(shard.cut);
		const kind = await this.#queue.getJobState(jobId);
		if (kind === 'unknown') {
			await this.add(shard);
		}
		if (kind !== 'completed' && kind !== 'failed') {
			return undefined;
		}
		// What cannot be parsed is no job of ours any more.
		const job = await this.#queue.getJob(jobId).catch(() => undefined);
		return { kind, value: kind === 'completed' ? job?.returnvalue : job?.failedReason };
	}

	/** Removes jobs that no worker has begun; what is begun is kept for the run that is taken up. */
	async takeBack(jobIds: Iterable<string>): Promise<void> {
		for (const jobId of jobIds) {
			const job = await this.#queue.getJob(jobId);
			if (job?.attemptsStarted === 0) {
				await this.remove(jobId);
			}
		}
	}

	/** @returns Undefined if Redis does not say. */
	async countWorkers(): Promise<number | undefined> {
		return await this.#queue.getWorkersCount().catch(() => undefined);
	}
}
