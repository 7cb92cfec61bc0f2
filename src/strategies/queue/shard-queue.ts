import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type SealedShard, WIRE_VERSION } from '../../schema/shard.ts';
import { bullPrefix, KEEP_S, QUEUE_NAME } from './options.ts';
import type { Libraries } from './redis/connection.ts';
import type { OwnRun } from './run.ts';
import { placeOf } from './seal.ts';
import type { CutShard } from './shard.ts';

/** What the coordinator does not remove goes by itself. */
const REMOVAL = { removeOnComplete: { age: KEEP_S }, removeOnFail: { age: KEEP_S, count: 1000 } };
/** Events are not read, and have the results in them: BullMQ would keep 10,000. */
const EVENTS_MAX = 16;

/** What has become of a job. */
export interface Found {
	/** Completed, or failed. */
	readonly hasEnded: boolean;
	/** A worker has left it to others. */
	readonly isDelayed: boolean;
	/** JSON of what it returned, or has told so far. */
	readonly told: string | undefined;
	/** Why it failed, if it did. */
	readonly failure: string | undefined;
}

/** The shards of one run on the queue of BullMQ: each is a job. */
export class ShardQueue {
	readonly #queue: Queue<SealedShard>;
	readonly #client: Redis;
	readonly #run: OwnRun;

	constructor({ bullmq }: Libraries, client: Redis, prefix: string, run: OwnRun) {
		this.#queue = new bullmq.Queue(QUEUE_NAME, {
			...{ connection: client, prefix: bullPrefix(prefix) },
			streams: { events: { maxLen: EVENTS_MAX } },
		});
		this.#queue.on('error', () => {});
		this.#client = client;
		this.#run = run;
	}

	/** Adding the same one again changes nothing. */
	async add(cut: CutShard): Promise<void> {
		const { number: shard, digest, wire } = cut;
		const { name: run, seal } = this.#run;
		const sealed = seal.seal(JSON.stringify(wire), placeOf(run, shard));
		const message = { wire: WIRE_VERSION, run, shard, digest, sealed } as const;
		await this.#queue.add('shard', message, { jobId: this.#jobIdOf(cut), ...REMOVAL });
	}

	/** @returns Undefined if there is none. */
	async look(cut: CutShard): Promise<Found | undefined> {
		// Not the whole job: its targets are most of it.
		const fields = ['name', 'delay', 'finishedOn', 'failedReason', 'returnvalue', 'progress'];
		const [name, delay, finishedOn, reason, result, progress] = await this.#client.hmget(
			this.#queue.toKey(this.#jobIdOf(cut)),
			...fields,
		);
		const hasEnded = typeof finishedOn === 'string';
		return typeof name !== 'string'
			? undefined
			: {
					...{ hasEnded, isDelayed: delay !== '0' },
					told: result ?? progress ?? undefined,
					failure: hasEnded && typeof result !== 'string' ? (reason ?? 'no reason') : undefined,
				};
	}

	async remove(cut: CutShard): Promise<void> {
		await this.#queue.remove(this.#jobIdOf(cut));
	}

	/** @returns Undefined if Redis does not say. */
	async countWorkers(): Promise<number | undefined> {
		return await this.#queue.getWorkersCount().catch(() => undefined);
	}

	async close(): Promise<void> {
		await this.#queue.close();
	}

	/** Other targets under the same number are another job. */
	#jobIdOf({ number, digest }: CutShard): string {
		return `${this.#run.name}-${number}-${digest}`;
	}
}
