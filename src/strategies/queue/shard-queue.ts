import type { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { type SealedShard, type ShardMessage, WIRE_VERSION } from '../../schema/shard.ts';
import { bullPrefix, KEEP_S, QUEUE_NAME } from './options.ts';
import type { Libraries } from './redis/connection.ts';
import type { SharedClock } from './redis/shared-state.ts';
import type { OwnRun } from './run.ts';
import { placeOf } from './seal.ts';
import type { CutShard } from './shards.ts';

/** What BullMQ does with a shard. */
const JOB_OPTIONS = {
	// Workers of another version leave it to those of this one, so often and for so long.
	...{ attempts: 10, backoff: 1000 },
	// What the coordinator does not remove goes by itself.
	...{ removeOnComplete: { age: KEEP_S }, removeOnFail: { age: KEEP_S, count: 1000 } },
};
/** Events are hints, and have the results in them: BullMQ would keep 10,000. */
const EVENTS_MAX = 256;
const LISTEN_AGAIN_MS = 100;

/** What has become of a job. */
export interface Found {
	readonly state: 'completed' | 'failed' | 'delayed' | 'open';
	/** What it returned, why it failed, or what it has told so far. */
	readonly value: unknown;
}

/** The shards of one run on the queue of BullMQ. */
export class ShardQueue {
	readonly #queue: Queue<ShardMessage | SealedShard>;
	readonly #events: QueueEvents;
	readonly #run: OwnRun;
	readonly #clock: SharedClock;
	readonly #client: Redis;
	#isClosed = false;

	constructor(
		{ bullmq }: Libraries,
		client: Redis,
		prefix: string,
		run: OwnRun,
		clock: SharedClock,
	) {
		const at = { connection: client, prefix: bullPrefix(prefix) };
		this.#queue = new bullmq.Queue(QUEUE_NAME, {
			...{ ...at, streams: { events: { maxLen: EVENTS_MAX } } },
		});
		this.#events = new bullmq.QueueEvents(QUEUE_NAME, { ...at, autorun: false });
		this.#run = run;
		this.#clock = clock;
		this.#client = client;
		this.#queue.on('error', () => {});
		this.#events.on('error', () => {});
	}

	/** Calls back when something has happened to a job. Events are trimmed: some may be missed. */
	listen(hear: (jobId: string) => void): void {
		for (const event of ['completed', 'failed', 'progress'] as const) {
			this.#events.on(event, ({ jobId }: { readonly jobId: string }) => hear(jobId));
		}
		this.#listen();
	}

	/** Adding the same one again changes nothing. */
	jobIdOf({ number }: CutShard): string {
		return `${this.#run.name}-${number}`;
	}

	async add(cut: CutShard): Promise<void> {
		const { number: shard, digest, wire } = cut;
		const { name: run, seal } = this.#run;
		const envelope = { wire: WIRE_VERSION, run, shard, digest } as const;
		const message =
			seal === undefined
				? { ...envelope, targets: [...wire] }
				: { ...envelope, sealed: seal.seal(JSON.stringify(wire), placeOf(run, shard)) };
		await this.#queue.add('shard', message, { jobId: this.jobIdOf(cut), ...JOB_OPTIONS });
	}

	async remove(jobId: string): Promise<void> {
		await this.#queue.remove(jobId);
	}

	/** It is added if it is not there. */
	async find(cut: CutShard): Promise<Found> {
		const jobId = this.jobIdOf(cut);
		const state = await this.#queue.getJobState(jobId);
		if (state === 'unknown') {
			await this.add(cut);
			return { state: 'open', value: undefined };
		}
		// Not the whole job: its targets are most of it.
		const field = { completed: 'returnvalue', failed: 'failedReason', open: 'progress' } as const;
		const found = state === 'completed' || state === 'failed' ? state : 'open';
		const text = (await this.#client.hget(this.#queue.toKey(jobId), field[found])) ?? '';
		return {
			state: state === 'delayed' ? state : found,
			value: found === 'failed' && text !== '' ? text : parsed(text),
		};
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

	async close(): Promise<void> {
		this.#isClosed = true;
		await Promise.all([this.#events.close(), this.#queue.close()]);
	}

	/** From now on; events that are none end the listening, and it begins anew. */
	#listen(): void {
		const { opts } = this.#events;
		Object.assign(opts, { lastEventId: `${Math.floor(this.#clock.nowMs())}-0` });
		const again = () => {
			if (!this.#isClosed) {
				setTimeout(() => this.#listen(), LISTEN_AGAIN_MS).unref();
			}
		};
		this.#events.run().then(again, again);
	}
}

/** What cannot be parsed is no job of ours any more. */
function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
