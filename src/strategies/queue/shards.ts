import type { Queue, QueueEvents } from 'bullmq';
import { endedOutcome, type Outcome } from '../../download/outcome.ts';
import { BadMessage } from '../../schema/message.ts';
import type { Target } from '../../targets/target.ts';
import { jobIdOf, KEEP_S } from './options.ts';
import type { CutShard } from './shard-cutter.ts';
import {
	type OutcomeRow,
	readProgress,
	readResult,
	type ShardMessage,
	unpackRows,
	WIRE_VERSION,
} from './wire/shard.ts';

/** A shard of which not every outcome is there. What came of a target once counts, whatever comes later. */
export class OpenShard {
	readonly cut: CutShard;
	readonly #rows: (OutcomeRow | undefined)[];
	/** When something was last heard of it, in milliseconds of `performance.now()`. */
	newsMs: number;
	timesAdded = 0;

	constructor(cut: CutShard, newsMs: number) {
		this.cut = cut;
		this.newsMs = newsMs;
		this.#rows = new Array<undefined>(cut.targets.length).fill(undefined);
	}

	/**
	 * The outcomes in what a worker has sent, and who it is.
	 *
	 * @throws {BadMessage} When it is nothing of this shard; `AnotherShard` if it is that of other targets.
	 */
	read({ kind, value }: News): { readonly rows: OutcomeRow[]; readonly worker: string } {
		const { digest, worker, outcomes } =
			kind === 'progress' ? readProgress(value) : readResult(value);
		if (digest !== this.cut.digest) {
			throw new AnotherShard('result: found the digest of other targets');
		}
		return { rows: unpackRows(outcomes), worker };
	}

	/** @returns What is new of the outcomes, with their targets. */
	take(rows: readonly OutcomeRow[]): (readonly [OutcomeRow, Target])[] {
		const news: (readonly [OutcomeRow, Target])[] = [];
		for (const row of rows) {
			const [offset] = row;
			const target = this.cut.targets[offset];
			if (target !== undefined && this.#rows[offset] === undefined) {
				this.#rows[offset] = row;
				news.push([row, target]);
			}
		}
		return news;
	}

	/** What has come, in the order of the list. */
	get rows(): OutcomeRow[] {
		return this.#rows.filter((row) => row !== undefined);
	}

	get isWhole(): boolean {
		return this.rows.length === this.cut.targets.length;
	}

	missing(): Target[] {
		return this.cut.targets.filter((_, offset) => this.#rows[offset] === undefined);
	}

	/** Errors for all that is missing. */
	giveUp(code: 'shard_failed' | 'outcome_lost', reason: unknown): Outcome[] {
		const message =
			code === 'shard_failed' ? 'the shard of this target failed' : 'no outcome came of it';
		const failure = { code, message, causes: [reasonOf(reason)] };
		return this.missing().map((target) => endedOutcome(target, 'error', { failure }));
	}
}

function reasonOf(value: unknown): string {
	const reason = typeof value === 'string' ? value : 'no reason is known';
	return /stalled more than/.test(reason) ? 'it has ended 3 workers' : reason.slice(0, 1000);
}

/** A worker has had other targets under this number. */
export class AnotherShard extends BadMessage {}

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

	jobIdOf({ number }: CutShard): string {
		return jobIdOf(this.#run, number);
	}

	/** Puts a shard on the queue; nothing happens while it is there. */
	async add({ cut, rows }: OpenShard): Promise<void> {
		const { number: shard, digest, wire } = cut;
		const [targets, done] = [[...wire], rows.map(([offset]) => offset)];
		await this.#queue.add(
			'shard',
			{ wire: WIRE_VERSION, run: this.#run, shard, digest, targets, done },
			{
				jobId: jobIdOf(this.#run, shard),
				// What the coordinator does not remove goes by itself.
				removeOnComplete: { age: KEEP_S },
				removeOnFail: { age: KEEP_S, count: 1000 },
			},
		);
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

	/** @returns How a job has ended; undefined if it has not; `gone` if it is not there. */
	async lookUp(jobId: string): Promise<News | 'gone' | undefined> {
		const kind = await this.#queue.getJobState(jobId);
		if (kind === 'unknown') {
			return 'gone';
		}
		if (kind !== 'completed' && kind !== 'failed') {
			return undefined;
		}
		// What cannot be parsed is no job of ours any more.
		const job = await this.#queue.getJob(jobId).catch(() => undefined);
		return { kind, value: kind === 'completed' ? job?.returnvalue : job?.failedReason };
	}

	/** Removes jobs that no worker has begun; what is begun is kept for the run that is taken up. */
	async takeBack(jobIds: readonly string[]): Promise<void> {
		for (const jobId of jobIds) {
			const job = await this.#queue.getJob(jobId);
			if (job?.attemptsStarted === 0) {
				await this.#queue.remove(jobId);
			}
		}
	}
}

/** Without a worker for so long, the user is told. */
const LONELY_MS = 5_000;

/** How many workers there are, and how many have sent something. */
export class Census {
	readonly #queue: Queue<ShardMessage>;
	readonly #onLonely: () => void;
	readonly #onSeen: ((workers: number) => void) | undefined;
	readonly #seen = new Set<string>();
	#lonelySinceMs = performance.now();
	#hasCalled = false;

	/**
	 * @param onLonely - Called when there has been none for a while.
	 * @param onSeen - Receives how many have sent something.
	 */
	constructor(
		queue: Queue<ShardMessage>,
		onLonely: () => void,
		onSeen: ((workers: number) => void) | undefined,
	) {
		this.#queue = queue;
		this.#onLonely = onLonely;
		this.#onSeen = onSeen;
	}

	saw(worker: string): void {
		if (!this.#seen.has(worker)) {
			this.#seen.add(worker);
			this.#onSeen?.(this.#seen.size);
		}
	}

	/** @returns 0 if Redis does not say. */
	async count(): Promise<number> {
		const workers = await this.#queue.getWorkersCount().catch(() => undefined);
		if (workers !== 0) {
			this.#lonelySinceMs = performance.now();
			this.#hasCalled = false;
		} else if (!this.#hasCalled && performance.now() - this.#lonelySinceMs > LONELY_MS) {
			this.#hasCalled = true;
			this.#onLonely();
		}
		return workers ?? 0;
	}
}
