import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type SealedShard, WIRE_VERSION } from '../../schema/shard.ts';
import { bullPrefix, QUEUE_NAME, TTL_S } from './options.ts';
import type { Libraries } from './redis/connection.ts';
import type { OwnedRun } from './run.ts';
import { associatedDataOf } from './seal.ts';
import type { CutShard } from './shard.ts';

/** Jobs that the coordinator does not remove expire. */
const EXPIRY = { removeOnComplete: { age: TTL_S }, removeOnFail: { age: TTL_S, count: 1000 } };
/** The event stream is not read but contains the results; BullMQ would keep 10,000 events. */
const EVENTS_MAX = 16;

/** State of a job. */
export interface JobState {
	/** Completed or failed. */
	readonly hasEnded: boolean;
	/** A worker has begun it. */
	readonly isTaken: boolean;
	/** A worker has left it to other workers. */
	readonly isDelayed: boolean;
	/** Failed because its workers died. */
	readonly isCrashLoop: boolean;
	/** JSON of its return value, or else of its progress. */
	readonly message: string | undefined;
	/** Reason of a failed job. */
	readonly failure: string | undefined;
}

/** The shards of one run on the BullMQ queue; each is a job. */
export class ShardQueue {
	readonly #queue: Queue<SealedShard>;
	readonly #client: Redis;
	readonly #run: OwnedRun;

	constructor({ bullmq }: Libraries, client: Redis, prefix: string, run: OwnedRun) {
		this.#queue = new bullmq.Queue(QUEUE_NAME, {
			...{ connection: client, prefix: bullPrefix(prefix) },
			streams: { events: { maxLen: EVENTS_MAX } },
		});
		this.#queue.on('error', () => {});
		this.#client = client;
		this.#run = run;
	}

	/** Idempotent. */
	async add(cut: CutShard): Promise<void> {
		const { number: shard, digest, wire } = cut;
		const { name: run, seal } = this.#run;
		const sealed = seal.seal(JSON.stringify(wire), associatedDataOf(run, shard));
		const message = { wire: WIRE_VERSION, run, shard, digest, sealed } as const;
		await this.#queue.add('shard', message, { jobId: this.#jobIdOf(cut), ...EXPIRY });
	}

	/** @returns Undefined if there is none. */
	async poll(cut: CutShard): Promise<JobState | undefined> {
		// Not the whole job: most of it is targets.
		const [name, delay, processedOn, finishedOn, reason, result, progress] =
			await this.#client.hmget(
				this.#queue.toKey(this.#jobIdOf(cut)),
				...['name', 'delay', 'processedOn', 'finishedOn'],
				...['failedReason', 'returnvalue', 'progress'],
			);
		const hasEnded = typeof finishedOn === 'string';
		const failure = hasEnded ? (reason ?? undefined) : undefined;
		const isCrashLoop = failure?.includes('stalled more than') === true;
		return typeof name !== 'string'
			? undefined
			: {
					...{ hasEnded, isCrashLoop, isDelayed: delay !== '0' },
					isTaken: typeof processedOn === 'string',
					message: result ?? progress ?? undefined,
					failure: isCrashLoop ? 'it has ended 3 workers' : failure,
				};
	}

	async remove(cut: CutShard): Promise<void> {
		await this.#queue.remove(this.#jobIdOf(cut));
	}

	/** @returns Undefined if the command fails. */
	async countWorkers(): Promise<number | undefined> {
		return await this.#queue.getWorkersCount().catch(() => undefined);
	}

	async close(): Promise<void> {
		await this.#queue.close();
	}

	/** The digest makes other targets under the same number another job. */
	#jobIdOf({ number, digest }: CutShard): string {
		return `${this.#run.name}-${number}-${digest}`;
	}
}
