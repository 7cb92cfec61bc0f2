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
import { associatedDataOf, type Seals } from '../seal.ts';
import { fromWire, packRows, toRow, unpackRows } from '../shard.ts';
import { type Directory, sizeIfCreatedSince } from './directory.ts';

/** Settings common to the shards of a worker. */
export interface WorkerContext {
	readonly directory: Directory;
	readonly clock: SharedClock;
	/** Unique per worker. */
	readonly name: string;
}

/** How a worker ended a shard: finished, returned to the queue, or dropped because the run stopped or the lock was lost. */
export type ShardEnd = 'complete' | 'returned' | 'dropped';

/** A shard taken by this worker, with its outcomes so far. */
export class Shard {
	readonly message: ShardMessage;
	readonly record: RunRecord;
	readonly targets: readonly Target[];
	readonly startMs: number = performance.now();
	/** Targets by status; `done`: completed by an earlier worker. */
	readonly counts: Partial<Record<OutcomeStatus | 'done', number>> = {};
	readonly #job: Job;
	readonly #context: WorkerContext;
	readonly #rows = new Map<number, OutcomeRow>();
	readonly #ended = deferred<ShardEnd>();
	#reportedCount = 0;
	#hasEnded = false;

	constructor(job: Job, message: ShardMessage, record: RunRecord, context: WorkerContext) {
		this.message = message;
		this.record = record;
		this.#job = job;
		this.#context = context;
		const first = message.shard * record.shardSize;
		this.targets = message.targets.map((target, offset) =>
			fromWire(target, first + offset, context.directory.path),
		);
		this.#resume();
	}

	/** Whether a worker crashed, or lost the lock, while processing this shard. */
	get isSuspect(): boolean {
		return this.#job.stalledCounter > 0;
	}

	get ended(): Promise<ShardEnd> {
		return this.#ended.promise;
	}

	/** Targets without an outcome, until the shard ends. */
	*missing(): Generator<Target> {
		for (const [offset, target] of this.targets.entries()) {
			if (!this.#hasEnded && !this.#rows.has(offset)) {
				yield target;
			}
		}
	}

	add(outcome: Outcome): void {
		const { directory, clock } = this.#context;
		const checked = this.#okIfCreatedByRun(outcome);
		// Only `update` needs the validators, which are most of the bytes.
		const { etag: _, lastModified: __, servedUrl: ___, ...short } = checked;
		const kept = this.record.options.ifExists === 'update' ? checked : short;
		const offset = outcome.target.index - (this.targets[0]?.index ?? 0);
		this.#addRow(toRow(kept, offset, { outputDir: directory.path, clock }), kept.status);
	}

	/** Sends the outcomes so far, if there are new ones. */
	async reportProgress(): Promise<void> {
		if (this.#rows.size > this.#reportedCount) {
			this.#reportedCount = this.#rows.size;
			await this.#job.updateProgress({ ...this.result });
		}
	}

	get result(): ShardResult {
		const rows = packRows([...this.#rows.values()]);
		const outcomes = this.record.seal.seal(rows, this.#associatedData);
		return { digest: this.message.digest, worker: this.#context.name, outcomes };
	}

	end(how: ShardEnd): void {
		this.#hasEnded = true;
		this.#ended.resolve(how);
	}

	/** Adds outcomes reported by an earlier worker, and those of files that the run has already created. */
	#resume(): void {
		for (const row of this.#reportedRows()) {
			this.#addRow(row, 'done');
		}
		for (const target of this.missing()) {
			const bytes = target.naming === undefined ? this.#sizeIfCreatedByRun(target.dest) : undefined;
			if (bytes !== undefined) {
				this.add(endedOutcome(target, 'ok', { bytes }));
			}
		}
	}

	/** @returns No rows if the progress is invalid; a new job has none. */
	#reportedRows(): OutcomeRow[] {
		try {
			const { outcomes = '' } = check(shardResult, this.#job.progress, 'progress');
			return unpackRows(this.record.seal.open(outcomes, this.#associatedData));
		} catch {
			return [];
		}
	}

	get #associatedData(): string {
		const { run, shard, digest } = this.message;
		return associatedDataOf(run, shard, digest);
	}

	/** Later outcomes of a target are ignored. */
	#addRow(row: OutcomeRow, kind: OutcomeStatus | 'done'): void {
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
	 * A file that this run created is `ok`, whatever `--if-exists` says: a worker that was killed, or is slow, may have
	 * created it.
	 */
	#okIfCreatedByRun(outcome: Outcome): Outcome {
		const { status, failure, ...rest } = outcome;
		// With `skip`, `file_exists` means that it has another digest.
		const isRefused = failure?.code === 'file_exists' && this.record.options.ifExists === 'fail';
		const isThere = status === 'skipped' || isRefused;
		const bytes = isThere ? this.#sizeIfCreatedByRun(outcome.dest) : undefined;
		return bytes === undefined ? outcome : { ...rest, status: 'ok', bytes };
	}

	#sizeIfCreatedByRun(path: string): number | undefined {
		const { clock, directory } = this.#context;
		return sizeIfCreatedSince(path, clock.toLocal(this.record.begunMs) + directory.aheadMs);
	}
}

/**
 * Reads a shard and the record of its run.
 *
 * @param data - Untrusted: any client that can write to Redis can send it.
 * @returns Undefined if the run was stopped.
 * @throws {BadMessage} Also if the run does not exist, or did not seal the shard.
 * @throws {NotForThisWorker}
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
		targets = JSON.parse(record.seal.open(sealed, associatedDataOf(run, shard)));
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
 * Removes jobs that BullMQ cannot parse, and therefore cannot fail. The coordinator adds its own again.
 *
 * @returns Their IDs.
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
