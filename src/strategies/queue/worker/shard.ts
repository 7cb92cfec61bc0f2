import type { Job, Worker } from 'bullmq';
import { endedOutcome, type Outcome, type OutcomeStatus } from '../../../download/outcome.ts';
import type { Target } from '../../../targets/target.ts';
import { deferred } from '../../../util/deferred.ts';
import type { SharedClock } from '../redis/shared-state.ts';
import type { RunRecord } from '../run.ts';
import {
	fromWire,
	type OutcomeRow,
	packRows,
	readProgress,
	type ShardMessage,
	type ShardProgress,
	type ShardResult,
	toRow,
	unpackRows,
} from '../wire/shard.ts';
import { type Directory, sizeOf } from './directory.ts';

/** What the shards of a worker have in common. */
export interface Place {
	readonly directory: Directory;
	readonly clock: SharedClock;
	/** Different for each worker. */
	readonly name: string;
}

/** How a worker leaves a shard: with all outcomes; for another one; or nothing is wanted of it any more. */
export type ShardEnd = 'complete' | 'returned' | 'dropped';

/** Directories that are remembered with a shard: more come of broken messages only. */
const DIRECTORIES_MAX = 100;

/** A shard that this worker has taken, and what is done of it. */
export class Shard {
	readonly message: ShardMessage;
	readonly record: RunRecord;
	readonly targets: readonly Target[];
	readonly startMs: number = performance.now();
	/** Targets by status; `done`: by another worker before. */
	readonly counts: Partial<Record<OutcomeStatus | 'done', number>> = {};
	readonly #job: Job;
	readonly #place: Place;
	readonly #rows = new Map<number, OutcomeRow>();
	readonly #done: Set<number>;
	readonly #ended = deferred<ShardEnd>();
	#untold: OutcomeRow[] = [];
	#before: ShardProgress['before'] = {};
	#next = 0;
	#hasEnded = false;

	constructor(job: Job, message: ShardMessage, record: RunRecord, place: Place) {
		this.message = message;
		this.record = record;
		this.#job = job;
		this.#place = place;
		this.#done = new Set(message.done.filter((offset) => offset < message.targets.length));
		const first = message.shard * record.shardSize;
		this.targets = message.targets.map((target, offset) =>
			fromWire(target, first + offset, place.directory.path),
		);
	}

	/** Whether a worker ended, or lost its lock, while it had this shard. */
	get isSuspect(): boolean {
		return this.#job.stalledCounter > 0;
	}

	get ended(): Promise<ShardEnd> {
		return this.#ended.promise;
	}

	/**
	 * Finds out what is done: by what an earlier worker has told, and by files that the run has made.
	 *
	 * What is there when the run first comes to this directory is written down before anything is downloaded, so
	 * that nothing done later can be taken for it.
	 */
	async resume(): Promise<void> {
		const progress = progressOf(this.#job);
		const { id } = this.#place.directory;
		for (const row of progress === undefined ? [] : unpackRows(progress.outcomes)) {
			this.#keep(row, 'done');
		}
		this.#before = progress?.before ?? {};
		const isKnown = Object.hasOwn(this.#before, id);
		if (!isKnown && Object.keys(this.#before).length < DIRECTORIES_MAX) {
			const there = this.targets.flatMap(({ dest }, offset) =>
				sizeOf(dest) === undefined ? [] : [offset],
			);
			this.#before = { ...this.#before, [id]: there };
			this.#untold = [...this.#rows.values()];
			await this.tell();
			return;
		}
		for (const [offset, target] of this.targets.entries()) {
			if (target.naming === undefined && !this.#isDone(offset) && !this.#wasThere(offset)) {
				const bytes = sizeOf(target.dest);
				if (bytes !== undefined) {
					this.add(endedOutcome(target, 'ok', { bytes }), false);
				}
			}
		}
	}

	/** Targets that have not been begun; they count as begun then. */
	*untouched(): Generator<Target> {
		while (this.#next < this.targets.length && !this.#hasEnded) {
			const offset = this.#next;
			this.#next += 1;
			const target = this.targets[offset];
			if (target !== undefined && !this.#isDone(offset)) {
				yield target;
			}
		}
	}

	/** @param wasThere - Of a file whose name was found out: whether it was there when the name was given. */
	add(outcome: Outcome, wasThere: boolean): void {
		const { directory, clock } = this.#place;
		const offset = outcome.target.index - (this.targets[0]?.index ?? 0);
		const isOld = outcome.target.naming === undefined ? this.#wasThere(offset) : wasThere;
		const made = isOld ? outcome : asMade(outcome);
		// Only an update looks at validators later; they are most of what would have to be sent.
		const { etag: _, lastModified: __, servedUrl: ___, ...short } = made;
		const kept = this.record.options.ifExists === 'update' ? made : short;
		const row = toRow(kept, offset, { outputDir: directory.path, clock });
		if (this.#keep(row, outcome.status)) {
			this.#untold.push(row);
		}
	}

	/** Tells what is new, if anything is. */
	async tell(): Promise<void> {
		const rows = this.#untold;
		this.#untold = [];
		await this.#job.updateProgress({ ...this.#told(rows), before: this.#before });
	}

	get hasNews(): boolean {
		return this.#untold.length > 0 && !this.#hasEnded;
	}

	/** Leaves it to another worker, with all that is done. */
	async giveBack(token: string): Promise<void> {
		this.#untold = [...this.#rows.values()];
		await this.tell();
		await this.#job.moveToWait(token);
	}

	get result(): ShardResult {
		return this.#told([...this.#rows.values()]);
	}

	end(how: ShardEnd): void {
		this.#hasEnded = true;
		this.#ended.resolve(how);
	}

	#told(rows: readonly OutcomeRow[]): ShardResult {
		return { digest: this.message.digest, worker: this.#place.name, outcomes: packRows(rows) };
	}

	#isDone(offset: number): boolean {
		return this.#rows.has(offset) || this.#done.has(offset);
	}

	#wasThere(offset: number): boolean {
		return this.#before[this.#place.directory.id]?.includes(offset) ?? true;
	}

	/** @returns False if this target had its outcome before. */
	#keep(row: OutcomeRow, kind: OutcomeStatus | 'done'): boolean {
		const [offset] = row;
		if (offset >= this.targets.length || this.#isDone(offset)) {
			return false;
		}
		this.#rows.set(offset, row);
		this.counts[kind] = (this.counts[kind] ?? 0) + 1;
		if (this.#rows.size + this.#done.size === this.targets.length) {
			this.end('complete');
		}
		return true;
	}
}

/** What cannot be read is nothing: a job is sent without any. */
function progressOf({ progress }: Job): ShardProgress | undefined {
	try {
		return readProgress(progress);
	} catch {
		return undefined;
	}
}

/**
 * What this run has made is done, whatever `--if-exists` says of files that were there before: a worker that was
 * killed, or is only slow, has made files that the next one finds.
 */
function asMade(outcome: Outcome): Outcome {
	if (outcome.status !== 'skipped' && outcome.failure?.code !== 'file_exists') {
		return outcome;
	}
	const { failure: _, ...rest } = outcome;
	return { ...rest, status: 'ok', bytes: sizeOf(outcome.dest) ?? 0 };
}

/** A job whose data are no JSON is one without data: it is refused like any other. */
export function tolerant(Base: typeof Worker): typeof Worker {
	return class extends Base {
		protected override createJob(...[json, jobId]: Parameters<Worker['createJob']>) {
			try {
				return super.createJob(json, jobId);
			} catch {
				return super.createJob({ ...json, data: 'null' }, jobId);
			}
		}
	};
}
