import type { Outcome, OutcomeStatus } from '../../../download/outcome.ts';
import type { Target } from '../../../targets/target.ts';
import { deferred } from '../../../util/deferred.ts';
import type { RunRecord } from '../wire/run-record.ts';
import { fromWire, type ShardMessage } from '../wire/shard-message.ts';
import type { Directory } from './directory.ts';

/** A shard that this worker has taken. */
export class OpenShard {
	readonly message: ShardMessage;
	readonly record: RunRecord;
	readonly targets: readonly Target[];
	readonly startMs: number = performance.now();
	/** Of the outcomes recorded here, and of `done` before. */
	readonly counts: Partial<Record<OutcomeStatus | 'done', number>> = {};
	/** Places of the targets that were there when the run first came to this directory. */
	before: ReadonlySet<number> = new Set();
	/** Whether a worker ended, or lost its lock, while it had this shard. */
	readonly isSuspect: boolean;
	/** Lock of BullMQ; undefined where it has been lost. */
	token: string | undefined;
	/** Places whose outcome is recorded, or about to be. */
	readonly #settled = new Set<number>();
	#next = 0;
	#recorded = 0;
	readonly #ended = deferred<void>();

	constructor(
		message: ShardMessage,
		record: RunRecord,
		{ token, stalls, directory }: { token: string; stalls: number; directory: Directory },
	) {
		this.message = message;
		this.record = record;
		this.token = token;
		this.isSuspect = stalls > 0;
		this.targets = message.targets.map((target, place) =>
			fromWire(target, message.first + place, directory.path),
		);
	}

	/** Targets that nobody has begun; they count as begun then. Ends when the lock is lost. */
	*untouched(): Generator<Target> {
		while (this.#next < this.targets.length && this.token !== undefined) {
			const place = this.#next;
			this.#next += 1;
			const target = this.targets[place];
			if (!this.#settled.has(place) && target !== undefined) {
				yield target;
			}
		}
	}

	placeOf(target: Target): number {
		return target.index - this.message.first;
	}

	/** @returns False where this target had its outcome before. */
	settle(place: number): boolean {
		if (this.#settled.has(place)) {
			return false;
		}
		this.#settled.add(place);
		return true;
	}

	isSettled(place: number): boolean {
		return this.#settled.has(place);
	}

	/** So many outcomes are where they will not be lost. */
	recorded(outcomes: readonly Pick<Outcome, 'status'>[]): void {
		for (const { status } of outcomes) {
			this.count(status, 1);
		}
	}

	count(kind: OutcomeStatus | 'done', targets: number): void {
		this.#recorded += targets;
		this.counts[kind] = (this.counts[kind] ?? 0) + targets;
	}

	/** Resolves when this worker has done with it, or has lost it. */
	get ended(): Promise<void> {
		return this.#ended.promise;
	}

	end(): void {
		this.#ended.resolve();
	}

	get isComplete(): boolean {
		return this.#recorded === this.targets.length;
	}
}
