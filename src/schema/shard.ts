import * as v from 'valibot';
import { destination } from '../targets/safe-path.ts';
import type { Target } from '../targets/target.ts';
import { httpUrl } from '../targets/url.ts';
import { headerFields, texts } from './download-options.ts';
import { listUpTo, object, readBy, shortText, textUpTo } from './message.ts';
import { flag, integerFrom, numberFrom, oneOf } from './shapes.ts';

/** A target as sent: without its index, and with paths relative to the output directory. */
export interface WireTarget extends Omit<Target, 'id' | 'index'> {
	/** Absent if it equals the URL. */
	readonly id?: string;
}

const url = readBy((given) => httpUrl(given).href);

/** As strict as for the input list: relative, no `..`, only names that are safe on every platform. */
const relativePath = readBy(destination);

const sha256 = hexadecimal(64);

const WIRE_TARGET_ENTRIES = {
	url,
	dest: relativePath,
	id: v.exactOptional(shortText),
	sha256: v.exactOptional(sha256),
	sha384: v.exactOptional(hexadecimal(96)),
	sha512: v.exactOptional(hexadecimal(128)),
	mirrors: v.exactOptional(listUpTo(100, url)),
	naming: v.exactOptional(
		object({
			metadataUrl: v.exactOptional(url),
			directory: v.union([v.literal(''), relativePath], 'found no path below the output directory'),
			extension: textUpTo(32),
		}),
	),
	validators: v.exactOptional(
		object({
			url: v.exactOptional(shortText),
			etag: v.exactOptional(shortText),
			lastModified: v.exactOptional(shortText),
		}),
	),
	credentials: v.exactOptional(texts),
	headers: v.exactOptional(headerFields),
} satisfies { readonly [K in keyof Required<WireTarget>]: v.GenericSchema };

const wireTarget: v.GenericSchema<unknown, WireTarget> = object(WIRE_TARGET_ENTRIES);

function hexadecimal(digits: number) {
	const isDigest = new RegExp(`^[0-9a-f]{${digits}}$`);
	return v.pipe(shortText, v.regex(isDigest, `found no digest of ${digits} digits`));
}

/** Messages between the coordinator of a run and its workers, in Redis. */

/** Version of these formats; others are rejected. */
export const WIRE_VERSION = 5;

const SHARD_SIZE_MAX = 10_000;
/** Outcomes that inflate to more are rejected. */
export const OUTCOMES_MAX_BYTES: number = 64 * 1024 * 1024;

const name = v.pipe(textUpTo(100), v.regex(/^[A-Za-z0-9][\w.-]*$/, 'found no name of a run'));
const digest = v.pipe(textUpTo(64), v.regex(/^[0-9a-f]{12}$/, 'found no digest'));
const offset = integerFrom(0, SHARD_SIZE_MAX - 1);

const ENVELOPE = {
	wire: v.literal(
		WIRE_VERSION,
		({ input }) =>
			`found ${typeof input === 'number' ? input : 'no version'}, expected ${WIRE_VERSION}`,
	),
	run: name,
	shard: integerFrom(0),
	/** Digest of the targets without secrets; detects a changed list when a run is resumed. */
	digest,
};

/** A decrypted shard: consecutive targets. */
export const shardMessage = object({
	...ENVELOPE,
	targets: v.pipe(listUpTo(SHARD_SIZE_MAX, wireTarget), v.minLength(1, 'found no target')),
});
export type ShardMessage = v.InferOutput<typeof shardMessage>;

/** The data of a job: a shard with its targets as sealed JSON. */
export const sealedShard = object({ ...ENVELOPE, sealed: textUpTo(OUTCOMES_MAX_BYTES) });
export type SealedShard = v.InferOutput<typeof sealedShard>;

/** Return value and progress of a job: the outcomes of its shard so far. */
export const shardResult = object({
	digest,
	worker: textUpTo(300),
	/** Sealed; absent if the worker found the run stopped. */
	outcomes: v.exactOptional(textUpTo(OUTCOMES_MAX_BYTES)),
});
export type ShardResult = v.InferOutput<typeof shardResult>;

/** Milliseconds of the shared clock. */
const time = numberFrom(0, 2 ** 45);
const message = textUpTo(65_536);

/** Only reporters read attempts, so it suffices that the members are numbers, flags and short strings. */
const attempt = v.objectWithRest(
	{
		number: integerFrom(1),
		url: shortText,
		waitedMs: time,
		startMs: time,
		endMs: time,
		bytes: integerFrom(0),
	},
	v.union([numberFrom(0, 2 ** 53), shortText, flag]),
);

/** An outcome without its target. */
const outcomeRow = object({
	/** Index of the target in its shard. */
	offset,
	status: oneOf(['ok', 'unchanged', 'skipped', 'not_found', 'error']),
	...{
		bytes: integerFrom(0),
		requests: integerFrom(0),
		retries: integerFrom(0),
		startMs: time,
		endMs: time,
	},
	httpStatus: v.exactOptional(integerFrom(0, 999)),
	/** Absent if it equals that of the target. */
	dest: v.exactOptional(relativePath),
	sha256: v.exactOptional(sha256),
	etag: v.exactOptional(shortText),
	lastModified: v.exactOptional(shortText),
	servedUrl: v.exactOptional(shortText),
	failure: v.exactOptional(
		object({ code: textUpTo(100), message, causes: listUpTo(100, message) }),
	),
	attempts: v.exactOptional(listUpTo(1000, attempt)),
});
export type OutcomeRow = v.InferOutput<typeof outcomeRow>;
export const outcomeRows = listUpTo(SHARD_SIZE_MAX, outcomeRow);

/** The record of a run, a Redis hash. */
export const runRecord = object({
	wire: v.literal(String(WIRE_VERSION), `found another version, expected ${WIRE_VERSION}`),
	/** Version of flagdl. */
	version: textUpTo(64),
	/** The run ID with a random suffix. */
	name,
	/** ID of the process that last took over the run; empty if the run is stopped. */
	coordinator: textUpTo(64),
	/** Targets per shard, except the last. */
	shardSize: v.pipe(
		textUpTo(6),
		v.regex(/^[1-9]\d{0,3}$|^10000$/, 'a number up to 10000'),
		v.transform(Number),
	),
	/** First start of the run, in milliseconds of the shared clock. */
	begunMs: v.pipe(textUpTo(20), v.regex(/^\d{1,14}$/, 'a time'), v.transform(Number)),
	/** Digest of the first shard, which identifies the list. */
	list: textUpTo(64),
	/** Salt of the key that seals the run. */
	salt: v.pipe(textUpTo(32), v.regex(/^[0-9a-f]{32}$/, '32 hexadecimal digits')),
	/** JSON of `DownloadOptions`, sealed. */
	options: textUpTo(64_000_000),
});
