import { join, relative, sep } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as v from 'valibot';
import type { Attempt, Outcome, OutcomeStatus } from '../../../download/outcome.ts';
import {
	amount,
	BadMessage,
	check,
	checkJson,
	flag,
	list,
	object,
	recordOf,
	text,
	whole,
} from '../../../schema/message.ts';
import { relativePath, sha256, type WireTarget, wireTarget } from '../../../schema/wire-target.ts';
import { destination } from '../../../targets/safe-path.ts';
import type { Target } from '../../../targets/target.ts';
import { httpUrl } from '../../../targets/url.ts';
import { present } from '../../../util/members.ts';
import { NAME } from '../options.ts';
import type { SharedClock } from '../redis/shared-state.ts';

/** Number of these formats; another one is not understood. */
export const WIRE_VERSION = 2;

/** Most targets of a shard. */
const SHARD_SIZE_MAX = 10_000;

const runName = v.pipe(text(80), v.regex(NAME, 'found no name of a run'));
const digest = v.pipe(text(64), v.regex(/^[0-9a-f]{12}$/, 'found no digest'));

/** The data of a job: some targets in a row. */
const shardMessage = object({
	wire: v.literal(
		WIRE_VERSION,
		({ input }) => `found ${shownVersion(input)}, expected ${WIRE_VERSION}`,
	),
	run: runName,
	/** Place of the shard, from 0. */
	shard: whole(0),
	/** Of the targets: whether two runs of the coordinator mean the same. */
	digest,
	targets: v.pipe(list(wireTarget, SHARD_SIZE_MAX), v.minLength(1, 'found no target')),
	/** Places of those that have been told: nothing is done for them. */
	done: list(whole(0, SHARD_SIZE_MAX - 1), SHARD_SIZE_MAX),
});
export type ShardMessage = v.InferOutput<typeof shardMessage>;

function shownVersion(input: unknown): string {
	return typeof input === 'number' ? String(input) : 'no version';
}

/** @throws {BadMessage} What it says is not trusted: whatever can write to Redis can send one. */
export function readShard(data: unknown): ShardMessage {
	return check(shardMessage, data, 'shard');
}

/** @throws {UsageError} When a worker would refuse it: no URL, or a path out of the output directory. */
export function toWire(given: Target, outputDir: string): WireTarget {
	const { id, index: _, url, dest, naming, ...rest } = given;
	httpUrl(url);
	return present({
		url,
		dest: below(dest, outputDir),
		id: id === url ? undefined : id,
		naming: naming && {
			...naming,
			directory: naming.directory === outputDir ? '' : below(naming.directory, outputDir),
		},
		...rest,
	});
}

/** @param index - Number of the target in its run. */
export function fromWire(wire: WireTarget, index: number, outputDir: string): Target {
	const { id, dest, naming, ...rest } = wire;
	return {
		...rest,
		id: id ?? rest.url,
		index,
		dest: join(outputDir, dest),
		...(naming && { naming: { ...naming, directory: join(outputDir, naming.directory) } }),
	};
}

/** @throws {UsageError} If it is not below the directory, or no safe name. */
export function below(dest: string, outputDir: string): string {
	return destination(relative(outputDir, dest).split(sep).join('/'));
}

const STATUSES: readonly OutcomeStatus[] = ['ok', 'unchanged', 'skipped', 'not_found', 'error'];
/** Outcomes that inflate to more are none of ours. */
const OUTCOMES_MAX_BYTES = 64 * 1024 * 1024;
/** A microsecond is fine enough, and shorter to write. */
const DIGITS_PER_MS = 1000;
const TIME_MAX = 2 ** 53;
const message = text(65_536);

/** Only reporters look at attempts: what matters is that they are rows of numbers and short texts. */
const attempt = v.objectWithRest(
	{
		...{ number: whole(1), url: text(), waitedMs: amount(0, TIME_MAX), bytes: whole(0) },
		...{ startMs: amount(0, TIME_MAX), endMs: amount(0, TIME_MAX) },
	},
	v.union([amount(0, TIME_MAX), text(), flag]),
);

/**
 * An outcome without its target, its times in microseconds on the shared clock. What every outcome has stands in a
 * row, for names would be most of it; the rest has names.
 */
const outcomeRow = v.tupleWithRest(
	[
		...[whole(0, SHARD_SIZE_MAX - 1), whole(0, STATUSES.length - 1)],
		...[whole(0), whole(0), whole(0), amount(0, TIME_MAX), amount(0, TIME_MAX), whole(0, 999)],
	] as const,
	object({
		/** If it is not that of the target. */
		dest: v.exactOptional(relativePath),
		sha256: v.exactOptional(sha256),
		etag: v.exactOptional(text()),
		lastModified: v.exactOptional(text()),
		servedUrl: v.exactOptional(text()),
		failure: v.exactOptional(object({ code: text(100), message, causes: list(message, 100) })),
		attempts: v.exactOptional(list(attempt, 1000)),
	}),
);
export type OutcomeRow = v.InferOutput<typeof outcomeRow>;

interface Side {
	readonly outputDir: string;
	readonly clock: Pick<SharedClock, 'toShared' | 'toLocal'>;
}

/** @param offset - Place of the target in its shard. */
export function toRow(outcome: Outcome, offset: number, { outputDir, clock }: Side): OutcomeRow {
	const { target: of, status, bytes, requests, retries, startMs, endMs, httpStatus } = outcome;
	const { dest, sha256: sum, etag, lastModified, servedUrl, failure, attempts } = outcome;
	const rest = present({
		dest: dest === of.dest ? undefined : below(dest, outputDir),
		sha256: sum === of.sha256 ? undefined : sum,
		...{ etag, lastModified, servedUrl },
		failure: failure && { ...failure, causes: [...failure.causes] },
		attempts: attempts?.map((one) => shifted(one, (ms) => clock.toShared(ms))),
	});
	const row = [
		...[offset, STATUSES.indexOf(status), bytes, requests, retries],
		Math.round(clock.toShared(startMs) * DIGITS_PER_MS),
		Math.max(0, Math.round((endMs - startMs) * DIGITS_PER_MS)),
		httpStatus ?? 0,
	];
	return (Object.keys(rest).length === 0 ? row : [...row, rest]) as unknown as OutcomeRow;
}

/** The outcome as if it had come about here. */
export function fromRow(row: OutcomeRow, of: Target, { outputDir, clock }: Side): Outcome {
	const [, status, bytes, requests, retries, start, took, httpStatus, rest = {}] = row;
	const { dest, attempts, ...named } = rest;
	const startMs = clock.toLocal(start / DIGITS_PER_MS);
	const isOk = STATUSES[status] === 'ok';
	return {
		...(isOk && of.sha256 !== undefined && { sha256: of.sha256 }),
		...named,
		target: of,
		status: STATUSES[status] ?? 'error',
		dest: dest === undefined ? of.dest : join(outputDir, dest),
		...{ bytes, requests, retries, startMs, endMs: startMs + took / DIGITS_PER_MS },
		...(httpStatus !== 0 && { httpStatus }),
		...(attempts && {
			attempts: attempts.map((one) =>
				shifted(one as unknown as Attempt, (ms) => clock.toLocal(ms)),
			),
		}),
	};
}

const TIMES = ['startMs', 'connectedMs', 'headersMs', 'bodyMs', 'writtenMs', 'endMs'] as const;

function shifted<T extends Attempt>(one: T, shift: (ms: number) => number) {
	const moved = TIMES.filter((time) => one[time] !== undefined).map((time) => [
		time,
		shift(one[time] ?? 0),
	]);
	return { ...one, ...Object.fromEntries(moved) } as T & Record<string, string | number | boolean>;
}

/** Deflated JSON: some 15 to 25 bytes an outcome. */
export function packRows(rows: readonly OutcomeRow[]): string {
	return deflateRawSync(JSON.stringify(rows), { level: 3 }).toString('base64');
}

/** @throws {BadMessage} */
export function unpackRows(packed: string): OutcomeRow[] {
	let source: string;
	try {
		const bytes = Buffer.from(packed, 'base64');
		source = inflateRawSync(bytes, { maxOutputLength: OUTCOMES_MAX_BYTES }).toString();
	} catch (cause) {
		throw new BadMessage('outcomes: cannot be inflated', { cause });
	}
	return checkJson(list(outcomeRow, SHARD_SIZE_MAX), source, 'outcomes');
}

/** What a job returns: all outcomes of its shard. */
const shardResult = object({ digest, worker: text(300), outcomes: text(OUTCOMES_MAX_BYTES) });
export type ShardResult = v.InferOutput<typeof shardResult>;

/** @throws {BadMessage} */
export function readResult(value: unknown): ShardResult {
	return check(shardResult, value, 'result');
}

/** What a job tells while it runs, and leaves to the next worker: outcomes since the last time. */
const shardProgress = object({
	...shardResult.entries,
	/** By directory: the places of targets whose files were there when the run first came to it. */
	before: recordOf(list(whole(0, SHARD_SIZE_MAX - 1), SHARD_SIZE_MAX)),
});
export type ShardProgress = v.InferOutput<typeof shardProgress>;

/** @throws {BadMessage} */
export function readProgress(value: unknown): ShardProgress {
	return check(shardProgress, value, 'progress');
}
