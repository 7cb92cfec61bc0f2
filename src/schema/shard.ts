import * as v from 'valibot';
import { destination } from '../targets/safe-path.ts';
import type { Target } from '../targets/target.ts';
import { httpUrl } from '../targets/url.ts';
import { headerFields, texts } from './download-options.ts';
import { listUpTo, object, readBy, shortText, textUpTo } from './message.ts';
import { flag, integerFrom, numberFrom, oneOf } from './shapes.ts';

/** A target as it travels: without what is known from its place, its paths relative to the output directory. */
export interface WireTarget extends Omit<Target, 'id' | 'index'> {
	/** If it is not the URL. */
	readonly id?: string;
}

const url = readBy((given) => httpUrl(given).href);

/** As strict as for the list itself: relative, no `..`, no name that is unsafe anywhere. */
const relativePath = readBy(destination);

const sha256 = hexadecimal(64);

const TARGET = {
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

const wireTarget: v.GenericSchema<unknown, WireTarget> = object(TARGET);

function hexadecimal(digits: number) {
	const isDigest = new RegExp(`^[0-9a-f]{${digits}}$`);
	return v.pipe(shortText, v.regex(isDigest, `found no digest of ${digits} digits`));
}

/** What the coordinator of a run over many machines and its workers tell each other through Redis. */

/** Number of these formats; another one is not understood. */
export const WIRE_VERSION = 4;

const SHARD_SIZE_MAX = 10_000;
/** Outcomes that inflate to more are none of ours. */
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
	/** Of the targets, without what is secret: whether two runs of the coordinator mean the same. */
	digest,
};

/** A shard as it is once it is opened: some targets in a row. */
export const shardMessage = object({
	...ENVELOPE,
	targets: v.pipe(listUpTo(SHARD_SIZE_MAX, wireTarget), v.minLength(1, 'found no target')),
});
export type ShardMessage = v.InferOutput<typeof shardMessage>;

/** The data of a job: the same, with a JSON of the targets that is sealed. */
export const sealedShard = object({ ...ENVELOPE, sealed: textUpTo(OUTCOMES_MAX_BYTES) });
export type SealedShard = v.InferOutput<typeof sealedShard>;

/** What a job returns, and tells while it runs: the outcomes of its shard until then. */
export const shardResult = object({
	digest,
	worker: textUpTo(300),
	outcomes: textUpTo(OUTCOMES_MAX_BYTES),
});
export type ShardResult = v.InferOutput<typeof shardResult>;

/** Milliseconds of the shared clock. */
const time = numberFrom(0, 2 ** 45);
const message = textUpTo(65_536);

/** Only reporters look at attempts: what matters is that they are rows of numbers and short texts. */
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
	/** Place of the target in its shard. */
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
	/** If it is not that of the target. */
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

/** A run as its coordinator writes it: a hash of texts. */
export const runRecord = object({
	wire: v.literal(String(WIRE_VERSION), `found another version, expected ${WIRE_VERSION}`),
	/** Of flagdl. */
	version: textUpTo(64),
	/** The identifier and something that no earlier run had. */
	name,
	/** Which process coordinates it: the last that began to; empty when its shards are to be dropped. */
	coordinator: textUpTo(64),
	/** Targets of each shard but the last. */
	shardSize: v.pipe(
		textUpTo(6),
		v.regex(/^[1-9]\d{0,3}$|^10000$/, 'a number up to 10000'),
		v.transform(Number),
	),
	/** When the run was first begun, in milliseconds of the shared clock. */
	begunMs: v.pipe(textUpTo(20), v.regex(/^\d{1,14}$/, 'a time'), v.transform(Number)),
	/** Digest of the first shard, by which another list is told. */
	list: textUpTo(64),
	/** Of the key that the run is sealed with. */
	salt: v.pipe(textUpTo(32), v.regex(/^[0-9a-f]{32}$/, '32 hexadecimal digits')),
	/** JSON of `DownloadOptions`, sealed. */
	options: textUpTo(64_000_000),
});
