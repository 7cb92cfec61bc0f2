import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import * as v from 'valibot';
import type { DownloadOptions } from '../../download/options.ts';
import { downloadOptions } from '../../schema/download-options.ts';
import { BadMessage, check, checkJson, object, oneOf, text } from '../../schema/message.ts';
import { CannotRunError, UsageError } from '../../util/errors.ts';
import { VERSION } from '../../util/version.ts';
import { KEEP_S, namesKey, type QueueOptions, recordKey } from './options.ts';
import { type ShardMessage, WIRE_VERSION } from './wire/shard.ts';

/** What workers must know of a run: a hash in Redis, written by its coordinator. */
export interface RunRecord {
	/** Of flagdl. */
	readonly version: string;
	/** The identifier and something that no earlier run had. */
	readonly name: string;
	/** Who coordinates it: the last that began to. */
	readonly coordinator: string;
	/** Targets of each shard but the last. */
	readonly shardSize: number;
	/** Digest of the first shard, by which another list is told. */
	readonly list: string;
	readonly options: DownloadOptions;
	/** Whether its shards are to be dropped. */
	readonly stopped: boolean;
}

const runRecord = object({
	wire: v.literal(String(WIRE_VERSION), `found another version, expected ${WIRE_VERSION}`),
	version: text(64),
	name: text(100),
	coordinator: text(64),
	shardSize: v.pipe(text(6), v.regex(/^[1-9]\d{0,3}$|^10000$/, 'expected a number up to 10000')),
	list: text(64),
	options: text(64_000_000),
	stopped: oneOf(['0', '1']),
});

export function writeRecord(record: Omit<RunRecord, 'stopped'>): Record<string, string> {
	const { shardSize, options: given, ...rest } = record;
	return {
		...rest,
		wire: String(WIRE_VERSION),
		shardSize: String(shardSize),
		options: JSON.stringify(given),
		stopped: '0',
	};
}

/**
 * @param hash - What `HGETALL` gives; empty if there is no such run.
 * @returns Undefined if there is none.
 * @throws {BadMessage}
 */
export function readRecord(hash: Readonly<Record<string, string>>): RunRecord | undefined {
	if (Object.keys(hash).length === 0) {
		return undefined;
	}
	const { wire: _, shardSize, stopped, ...rest } = check(runRecord, hash, 'run');
	return {
		...rest,
		options: checkJson(downloadOptions, rest.options, 'run.options'),
		shardSize: Number(shardSize),
		stopped: stopped === '1',
	};
}

/** Releases that differ in their last number only understand each other. */
export function isCompatible(one: string, other: string): boolean {
	const series = (version: string) => version.split('.').slice(0, 2).join('.');
	return series(one) === series(other);
}

/** A run as its coordinator has it: one key in Redis says whose it is. */
export class OwnRun {
	readonly record: Omit<RunRecord, 'stopped'>;
	/** Whether another coordinator began it. */
	readonly isResumed: boolean;
	readonly #client: Redis;
	readonly #key: string;
	readonly #names: string;
	readonly #runId: string;

	private constructor(
		client: Redis,
		settings: QueueOptions,
		record: Omit<RunRecord, 'stopped'>,
		isResumed: boolean,
	) {
		this.record = record;
		this.isResumed = isResumed;
		this.#client = client;
		this.#key = recordKey(settings.prefix, record.name);
		this.#names = namesKey(settings.prefix, record.name);
		this.#runId = settings.runId;
	}

	/**
	 * Begins a run, or takes it up.
	 *
	 * @param firstDigest - Of the first shard of the list.
	 * @throws {UsageError} When it was begun with another list, or other shards.
	 * @throws {CannotRunError} When it was begun by another version.
	 */
	static async open(
		client: Redis,
		settings: QueueOptions,
		firstDigest: string,
		given: DownloadOptions,
	): Promise<OwnRun> {
		const { runId, shardSize } = settings;
		const known = await findRun(client, settings);
		if (known !== undefined) {
			checkSame(known, settings, firstDigest);
		}
		const record = {
			version: VERSION,
			name: known?.name ?? `${runId}.${randomBytes(4).toString('hex')}`,
			coordinator: randomBytes(8).toString('hex'),
			...{ shardSize, list: firstDigest, options: given },
		};
		const run = new OwnRun(client, settings, record, known !== undefined);
		await run.#write();
		return run;
	}

	/**
	 * @returns Whether it had to be written anew: Redis had forgotten it.
	 * @throws {CannotRunError} When another coordinator has it.
	 */
	async keep(): Promise<boolean> {
		// Written, not only read: a Redis that has become a replica answers what is read for ever.
		if ((await this.#client.expire(this.#key, KEEP_S)) === 0) {
			await this.#write();
			return true;
		}
		const owner = await this.#client.hget(this.#key, 'coordinator');
		if (owner !== this.record.coordinator) {
			throw new CannotRunError(
				`another coordinator has taken over run ${this.#runId}; this one ends, that one goes on`,
			);
		}
		return false;
	}

	/**
	 * Says that nothing more is wanted; the run can be taken up again.
	 *
	 * @returns False if it is another coordinator's by now, and goes on.
	 */
	async stop(): Promise<boolean> {
		if ((await this.#client.hget(this.#key, 'coordinator')) !== this.record.coordinator) {
			return false;
		}
		await this.#client.hset(this.#key, 'stopped', '1');
		return true;
	}

	/** Removes it: every outcome has been handed on. */
	async end(): Promise<void> {
		await this.#client.unlink(this.#key, this.#names);
	}

	async #write(): Promise<void> {
		const { record } = this;
		await this.#client
			.multi()
			.hset(this.#key, writeRecord(record))
			.expire(this.#key, KEEP_S)
			.exec();
	}
}

async function findRun(
	client: Redis,
	{ prefix, runId }: QueueOptions,
): Promise<RunRecord | undefined> {
	const key = recordKey(prefix, runId);
	try {
		const found = await client.hgetall(key);
		if (found['version'] !== undefined && !isCompatible(found['version'], VERSION)) {
			throw new CannotRunError(
				`run ${runId} was begun by flagdl ${found['version'].slice(0, 20)}, this is ${VERSION}; install the same version, or give another --run-id`,
			);
		}
		return readRecord(found);
	} catch (error) {
		if (!(error instanceof BadMessage)) {
			throw error;
		}
		throw new CannotRunError(
			`what Redis has of run ${runId} cannot be read (${error.message}); remove the key ${key}, or give another --run-id`,
			{ cause: error },
		);
	}
}

function checkSame(
	known: RunRecord,
	{ runId, shardSize }: QueueOptions,
	firstDigest: string,
): void {
	if (known.shardSize !== shardSize) {
		throw new UsageError(
			`--shard-size: found ${shardSize}, but run ${runId} was begun with ${known.shardSize}; give the same, or another --run-id`,
		);
	}
	if (known.list !== firstDigest) {
		throw anotherList(runId);
	}
}

export function anotherList(runId: string): UsageError {
	return new UsageError(
		`--run-id: run ${runId} was begun with another list; give the same list, or another --run-id`,
	);
}

/**
 * The record of the run that a shard is of.
 *
 * @throws {BadMessage} When there is no such run, or the shard is none of it.
 */
export async function findRecord(
	client: Redis,
	prefix: string,
	{ run, targets }: ShardMessage,
): Promise<RunRecord> {
	const hash = await client.hgetall(recordKey(prefix, run)).catch((error: unknown) => {
		if (/^WRONGTYPE/.test((error as Error).message)) {
			throw new BadMessage(`the record of run ${run} is of another type`);
		}
		throw error;
	});
	const record = readRecord(hash);
	if (record?.name !== run) {
		throw new BadMessage(`there is no run ${run} any more`);
	}
	if (targets.length > record.shardSize) {
		throw new BadMessage(`its ${targets.length} targets are more than a shard of the run has`);
	}
	return record;
}
