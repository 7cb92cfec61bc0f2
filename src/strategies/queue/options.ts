import type { OutcomeStatus } from '../../download/outcome.ts';

/** Address and login of Redis. Plain data: it crosses threads. Contains a secret: never print it. */
export interface RedisAddress {
	readonly host: string;
	readonly port: number;
	readonly tls: boolean;
	/** ACL user. */
	readonly username?: string;
	readonly password?: string;
	/** Database number. */
	readonly database: number;
}

/** @returns Scheme, host and port, for messages. */
export function nameOf({ host, port, tls }: RedisAddress): string {
	const literal = host.includes(':') ? `[${host}]` : host;
	return `${tls ? 'rediss' : 'redis'}://${literal}:${port}`;
}

/** Thrown for a shard that this worker leaves to workers with another version or key. */
export class NotForThisWorker extends Error {}

/** How a run is distributed to other machines. */
export interface QueueOptions {
	readonly redis: RedisAddress;
	/** Prefix of all Redis keys; the workers must use the same. */
	readonly prefix: string;
	/** A coordinator that starts with the identifier of an earlier run resumes it. */
	readonly runId: string;
	/** Passphrase that seals the run in Redis (`FLAGDL_QUEUE_KEY`); absent: a publicly known one. */
	readonly key?: string | undefined;
	/** Targets per shard. */
	readonly shardSize: number;
	/** Absolute. Workers receive paths relative to it. The journal of the run is below it. */
	readonly outputDir: string;
	/** Number of targets in the whole list, if counted. */
	readonly total?: number;
	/** Receives warnings for the user. */
	readonly warn: (code: string, message: string) => void;
	/** Receives the number of workers that have sent outcomes. */
	readonly onWorkers?: (workers: number) => void;
}

/** Progress events of a worker. */
export type WorkerEvent =
	| { readonly type: 'ready'; readonly name: string; readonly redis: string }
	| {
			readonly type: 'shard';
			readonly run: string;
			readonly shard: number;
			readonly targets: number;
			/** Targets by status; `done`: completed by an earlier worker. */
			readonly counts: Partial<Record<OutcomeStatus | 'done', number>>;
			readonly tookMs: number;
	  }
	| { readonly type: 'notice'; readonly message: string };

/** Name of the BullMQ queue; all runs and workers of a prefix share it. */
export const QUEUE_NAME = 'shards';

/** Keys of a coordinator that never came back expire after this, in seconds. */
export const TTL_S: number = 7 * 24 * 60 * 60;

/** BullMQ options of a worker. */
export const SHARD_OPTIONS = {
	autorun: false,
	// A job stalls when its lock is not renewed for 8 s: a worker's event loop may block for some seconds.
	...{ lockDuration: 8_000, lockRenewTime: 2_000, stalledInterval: 1_000 },
	// A shard is retried after its first and second crash; the third one fails it.
	maxStalledCount: 2,
	removeOnFail: { age: TTL_S, count: 1000 },
};

/** The braces put every key of a prefix into one hash slot of a Redis Cluster, as BullMQ's scripts require. */
export function bullPrefix(prefix: string): string {
	return `{${prefix}}`;
}

/**
 * The Redis key of a run. The key of its record (hash) contains the run ID; those of `names` (hash: file names claimed
 * by `--with-names`), `limited` (set: origins whose requests wait) and `origin` contain the unique run name.
 */
export function runKey(prefix: string, run: string, ...part: readonly string[]): string {
	const name = part.length === 0 ? run.replace(/\.[0-9a-f]{8}$/, '') : run;
	return [bullPrefix(prefix), 'run', name, ...part].join(':');
}
