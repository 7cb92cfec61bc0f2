import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { endedOutcome, type Outcome, type OutcomeStatus } from '../../../download/outcome.ts';
import { BadMessage, check } from '../../../schema/message.ts';
import {
	type OutcomeRow,
	type ShardMessage,
	type ShardResult,
	sealedShard,
	shardMessage,
	shardResult,
} from '../../../schema/shard.ts';
import type { Target } from '../../../targets/target.ts';
import { deferred } from '../../../util/promises.ts';
import { runKey } from '../options.ts';
import type { SharedClock } from '../redis/shared-state.ts';
import { findHash, type RunRecord, readRecord } from '../run.ts';
import { placeOf, type Seals } from '../seal.ts';
import { fromWire, packRows, toRow, unpackRows } from '../shard.ts';
import { type Directory, sizeIfMadeSince } from './directory.ts';

/** What the shards of a worker have in common. */
export interface Place {
	readonly directory: Directory;
	readonly clock: SharedClock;
	/** Different for each worker. */
	readonly name: string;
}

/** How a worker leaves a shard: with all outcomes; for another one; or nothing is wanted of it any more. */
export type ShardEnd = 'complete' | 'returned' | 'dropped';

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
	readonly #ended = deferred<ShardEnd>();
	#toldCount = 0;
	#hasEnded = false;

	constructor(job: Job, message: ShardMessage, record: RunRecord, place: Place) {
		this.message = message;
		this.record = record;
		this.#job = job;
		this.#place = place;
		const first = message.shard * record.shardSize;
		this.targets = message.targets.map((target, offset) =>
			fromWire(target, first + offset, place.directory.path),
		);
		this.#resume();
	}

	/** Whether a worker ended, or lost its lock, while it had this shard. */
	get isSuspect(): boolean {
		return this.#job.stalledCounter > 0;
	}

	get ended(): Promise<ShardEnd> {
		return this.#ended.promise;
	}

	/** Targets without an outcome, while any is wanted. */
	*missing(): Generator<Target> {
		for (const [offset, target] of this.targets.entries()) {
			if (!this.#hasEnded && !this.#rows.has(offset)) {
				yield target;
			}
		}
	}

	add(outcome: Outcome): void {
		const { directory, clock } = this.#place;
		const made = this.#asMade(outcome);
		// Only an update looks at validators later; they are most of what would have to be sent.
		const { etag: _, lastModified: __, servedUrl: ___, ...short } = made;
		const kept = this.record.options.ifExists === 'update' ? made : short;
		const offset = outcome.target.index - (this.targets[0]?.index ?? 0);
		this.#keep(toRow(kept, offset, { outputDir: directory.path, clock }), kept.status);
	}

	/** Tells what is done, if that is more than the last time. */
	async tell(): Promise<void> {
		if (this.#rows.size > this.#toldCount) {
			this.#toldCount = this.#rows.size;
			await this.#job.updateProgress({ ...this.result });
		}
	}

	get result(): ShardResult {
		const outcomes = packRows([...this.#rows.values()]);
		return { digest: this.message.digest, worker: this.#place.name, outcomes };
	}

	end(how: ShardEnd): void {
		this.#hasEnded = true;
		this.#ended.resolve(how);
	}

	/** What is done: by what an earlier worker has told, and by files that the run has made. */
	#resume(): void {
		for (const row of rowsOf(this.#job, this.message)) {
			this.#keep(row, 'done');
		}
		for (const target of this.missing()) {
			const bytes = target.naming === undefined ? this.#sizeIfMade(target.dest) : undefined;
			if (bytes !== undefined) {
				this.add(endedOutcome(target, 'ok', { bytes }));
			}
		}
	}

	/** Keeps the first outcome of a target. */
	#keep(row: OutcomeRow, kind: OutcomeStatus | 'done'): void {
		if (row.offset >= this.targets.length || this.#rows.has(row.offset)) {
			return;
		}
		this.#rows.set(row.offset, row);
		this.counts[kind] = (this.counts[kind] ?? 0) + 1;
		if (this.#rows.size === this.targets.length) {
			this.end('complete');
		}
	}

	/**
	 * What this run has made is done, whatever `--if-exists` says of files that were there before: a worker that was
	 * killed, or is only slow, has made files that the next one finds.
	 */
	#asMade(outcome: Outcome): Outcome {
		const { status, failure, ...rest } = outcome;
		const isThere = status === 'skipped' || failure?.code === 'file_exists';
		const bytes = isThere ? this.#sizeIfMade(outcome.dest) : undefined;
		return bytes === undefined ? outcome : { ...rest, status: 'ok', bytes };
	}

	#sizeIfMade(path: string): number | undefined {
		const { clock, directory } = this.#place;
		return sizeIfMadeSince(path, clock.toLocal(this.record.begunMs) + directory.aheadMs);
	}
}

/** What cannot be read is nothing: a job is sent without any. */
function rowsOf({ progress }: Job, message: ShardMessage): OutcomeRow[] {
	try {
		const { digest, outcomes } = check(shardResult, progress, 'progress');
		return digest === message.digest ? unpackRows(outcomes) : [];
	} catch {
		return [];
	}
}

/**
 * A shard, and the record of the run that it is of.
 *
 * @param data - It is not trusted: whatever can write to Redis can send one.
 * @returns Undefined if its run has stopped: nothing of it is wanted now.
 * @throws {BadMessage} Also when there is no such run, or the shard is none of it.
 * @throws {LeftToOthers}
 */
export async function readShard(
	data: unknown,
	{ client, prefix }: { readonly client: Redis; readonly prefix: string },
	seals: Seals,
): Promise<{ message: ShardMessage; record: RunRecord } | undefined> {
	const { sealed, ...envelope } = check(sealedShard, data, 'shard');
	const { run, shard } = envelope;
	const hash = await findHash(client, runKey(prefix, run));
	if (hash?.['coordinator'] === '') {
		return undefined;
	}
	const record = hash && (await readRecord(hash, seals));
	if (record?.name !== run) {
		throw new BadMessage(`there is no run ${run} any more`);
	}
	let targets: unknown;
	try {
		targets = JSON.parse(record.seal.open(sealed, placeOf(run, shard)));
	} catch (cause) {
		throw new BadMessage('it was not sealed by the coordinator of its run', { cause });
	}
	const message = check(shardMessage, { ...envelope, targets }, 'shard');
	if (message.targets.length > record.shardSize) {
		throw new BadMessage(
			`its ${message.targets.length} targets are more than a shard of the run has`,
		);
	}
	return { message, record };
}

/**
 * Removes the jobs that BullMQ cannot parse, and so cannot fail either. A coordinator that has one of them open adds
 * it again.
 *
 * @returns Their identifiers.
 */
export async function removeBrokenJobs(client: Redis, worker: Worker): Promise<string[]> {
	const removed: string[] = [];
	const active = worker.toKey('active');
	for (const id of await client.lrange(active, 0, -1)) {
		const key = worker.toKey(id);
		const found = await client.hmget(key, 'data', 'opts');
		if (!found.every(isJson)) {
			await client.lrem(active, 1, id);
			await client.unlink(key, `${key}:lock`);
			removed.push(id);
		}
	}
	return removed;
}

function isJson(text: string | null): boolean {
	try {
		return typeof JSON.parse(text ?? '') === 'object';
	} catch {
		return false;
	}
}
