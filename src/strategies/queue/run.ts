import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { DownloadOptions } from '../../download/options.ts';
import { downloadOptions } from '../../schema/download-options.ts';
import { BadMessage, check, checkJson } from '../../schema/message.ts';
import { runRecord, WIRE_VERSION } from '../../schema/shard.ts';
import { CannotRunError, UsageError } from '../../util/errors.ts';
import { VERSION } from '../../util/version.ts';
import { NotForThisWorker, type QueueOptions, runKey, TTL_S } from './options.ts';
import { associatedDataOf, Seal, Seals, WrongKey } from './seal.ts';

/** A run as its coordinator describes it to workers, in a Redis hash. */
export type RunRecord = Awaited<ReturnType<typeof readRecord>>;

/** The run was started by an incompatible version. */
class IncompatibleVersion extends NotForThisWorker {}

export function writeRecord({
	options,
	seal,
	...record
}: Omit<RunRecord, 'wire' | 'salt'>): Record<string, string> {
	const sealed = seal.seal(JSON.stringify(options), associatedDataOf(record.name));
	const texts = { ...record, wire: WIRE_VERSION, salt: seal.salt, options: sealed };
	return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, String(value)]));
}

/**
 * @param hash - The reply of `HGETALL`.
 * @throws {BadMessage}
 * @throws {NotForThisWorker}
 */
export async function readRecord({ ...hash }: Readonly<Record<string, string>>, seals: Seals) {
	const { version = VERSION, name = '' } = hash;
	if (!isCompatible(version, VERSION)) {
		throw new IncompatibleVersion(
			`run ${name.slice(0, 100)} was begun by flagdl ${version.slice(0, 20)}, this is ${VERSION}; install the same version`,
		);
	}
	const record = check(runRecord, hash, 'run');
	const associatedData = associatedDataOf(record.name);
	const seal = await seals.find(record.salt, record.options, associatedData);
	const options = checkJson(
		downloadOptions,
		seal.open(record.options, associatedData),
		'run.options',
	);
	return { ...record, options, seal };
}

/** Releases are compatible if only their patch numbers differ. */
export function isCompatible(one: string, other: string): boolean {
	const series = (version: string) => version.split('.').slice(0, 2).join('.');
	return series(one) === series(other);
}

/** @returns Undefined if there is none. */
export async function findHash(
	client: Redis,
	key: string,
): Promise<Record<string, string> | undefined> {
	const hash = await client.hgetall(key).catch((error: unknown) => {
		const isOther = (error as Error).message.startsWith('WRONGTYPE');
		throw isOther ? new BadMessage(`${key}: found no hash`) : error;
	});
	return Object.keys(hash).length === 0 ? undefined : hash;
}

/** A run owned by this coordinator; one Redis key names the owner. */
export class OwnedRun {
	readonly name: string;
	readonly seal: Seal;
	readonly #client: Redis;
	readonly #settings: QueueOptions;
	readonly #record: Record<string, string>;

	private constructor(
		client: Redis,
		settings: QueueOptions,
		record: Parameters<typeof writeRecord>[0],
	) {
		this.name = record.name;
		this.seal = record.seal;
		this.#client = client;
		this.#settings = settings;
		this.#record = writeRecord(record);
	}

	/**
	 * Starts a run, or resumes it.
	 *
	 * @param list - Digest of the first shard of the list.
	 * @param nowMs - Of the shared clock.
	 * @throws {UsageError} If it was started with another list, key, or shard size.
	 * @throws {CannotRunError} If it was started by an incompatible version.
	 */
	static async open(
		client: Redis,
		settings: QueueOptions,
		list: string,
		options: DownloadOptions,
		nowMs: number,
	): Promise<OwnedRun> {
		const { prefix, runId, shardSize } = settings;
		const key = runKey(prefix, runId);
		const known = await findHash(client, key)
			.then((hash) => hash && readRecord(hash, new Seals(settings.key)))
			.catch((cause: unknown) => {
				throw explainResumeFailure(cause, key, runId);
			});
		if (known !== undefined && known.shardSize !== shardSize) {
			throw new UsageError(
				`--shard-size: found ${shardSize}, but run ${runId} was begun with ${known.shardSize}; give the same, or another --run-id`,
			);
		}
		if (known !== undefined && known.list !== list) {
			throw otherListError(runId);
		}
		const run = new OwnedRun(client, settings, {
			...{ version: VERSION, shardSize, list, options },
			seal: known?.seal ?? (await Seal.derive(settings.key)),
			name: known?.name ?? `${runId}.${randomBytes(4).toString('hex')}`,
			begunMs: known?.begunMs ?? Math.floor(nowMs),
			coordinator: randomBytes(8).toString('hex'),
		});
		await run.#write();
		return run;
	}

	/**
	 * Extends the expiry of the record, and writes it again if Redis lost it.
	 *
	 * @throws {CannotRunError} If another coordinator owns the run.
	 */
	async keep(): Promise<void> {
		const owner = await this.#owner();
		if (owner === null) {
			await this.#write();
		} else if (owner !== this.#record['coordinator']) {
			throw new CannotRunError(
				`another coordinator has taken over run ${this.#settings.runId}; this one ends, that one goes on`,
			);
		}
		// A write, not just a read: a Redis that has become a replica still answers reads.
		await this.#client.expire(this.#key, TTL_S);
	}

	/** Tells workers to stop, unless another coordinator owns the run. It can be resumed. */
	async stop(): Promise<void> {
		if ((await this.#owner()) === this.#record['coordinator']) {
			await this.#client.hset(this.#key, 'coordinator', '');
		}
	}

	/** Removes the run after its last outcome. */
	async end(): Promise<void> {
		await this.#client.unlink(this.#key, runKey(this.#settings.prefix, this.name, 'names'));
	}

	get #key(): string {
		return runKey(this.#settings.prefix, this.#settings.runId);
	}

	/** @returns The coordinator that owns the run; null if there is no record. */
	async #owner(): Promise<string | null> {
		return await this.#client.hget(this.#key, 'coordinator');
	}

	async #write(): Promise<void> {
		await this.#client.hset(this.#key, this.#record);
		await this.#client.expire(this.#key, TTL_S);
	}
}

/** Explains why a coordinator cannot resume a run. */
function explainResumeFailure(cause: unknown, key: string, runId: string): unknown {
	if (cause instanceof WrongKey) {
		return new UsageError(
			`--run-id: ${runId} cannot be taken up: ${cause.message}, or give another --run-id`,
			{ cause },
		);
	}
	if (cause instanceof IncompatibleVersion) {
		return new CannotRunError(`${cause.message}, or give another --run-id`, { cause });
	}
	return cause instanceof BadMessage
		? new CannotRunError(
				`what Redis has of run ${runId} cannot be read (${cause.message}); remove the key ${key}, or give another --run-id`,
				{ cause },
			)
		: cause;
}

export function otherListError(runId: string): UsageError {
	return new UsageError(
		`--run-id: run ${runId} was begun with another list; give the same list, or another --run-id`,
	);
}
