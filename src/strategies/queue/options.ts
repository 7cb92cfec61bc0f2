import type { OutcomeStatus } from '../../download/outcome.ts';

/** Where Redis is and who asks. Plain data: it crosses threads. Holds a secret: never printed. */
export interface RedisAddress {
	readonly host: string;
	readonly port: number;
	readonly tls: boolean;
	/** User of the access control list. */
	readonly username?: string;
	readonly password?: string;
	/** Number of the database. */
	readonly database: number;
}

/** What messages call it: scheme, host and port. */
export function nameOf({ host, port, tls }: RedisAddress): string {
	const literal = host.includes(':') ? `[${host}]` : host;
	return `${tls ? 'rediss' : 'redis'}://${literal}:${port}`;
}

/** What a worker leaves to others, which may have the right version, or the right key. */
export class LeftToOthers extends Error {}

/** How a run is handed to other machines. */
export interface QueueOptions {
	readonly redis: RedisAddress;
	/** Begins all names in Redis; the workers must have the same. */
	readonly prefix: string;
	/** Which run this is: a coordinator that starts again with it takes its run up. */
	readonly runId: string;
	/** What the run is sealed with in Redis (`FLAGDL_QUEUE_KEY`); absent: with a key that everyone has. */
	readonly key?: string | undefined;
	/** Targets of a shard. */
	readonly shardSize: number;
	/** Absolute; what workers get is relative to it. The journal of the run is below it. */
	readonly outputDir: string;
	/** Targets of the whole list, if they have been counted. */
	readonly total?: number;
	/** Receives what the user should know that ends nothing. */
	readonly warn: (code: string, message: string) => void;
	/** Receives how many workers have sent outcomes, whenever it changes. */
	readonly onWorkers?: (workers: number) => void;
}

/** What a worker shows of its work. */
export type WorkerEvent =
	| { readonly type: 'ready'; readonly name: string; readonly redis: string }
	| {
			readonly type: 'shard';
			readonly run: string;
			readonly shard: number;
			readonly targets: number;
			/** Targets by status; `done`: by another worker before. */
			readonly counts: Partial<Record<OutcomeStatus | 'done', number>>;
			readonly tookMs: number;
	  }
	| { readonly type: 'notice'; readonly message: string };

/** BullMQ's name of the queue; all runs of a prefix share it, and so do their workers. */
export const QUEUE_NAME = 'shards';

/** What a coordinator left behind that never came back goes after this, in seconds. */
export const KEEP_S: number = 7 * 24 * 60 * 60;

/** How a worker has shards of BullMQ. */
export const SHARD_OPTIONS = {
	autorun: false,
	// Without a sign of life for so long a shard is free for others; an event loop may be busy for some seconds.
	...{ lockDuration: 8_000, lockRenewTime: 2_000, stalledInterval: 1_000 },
	// A shard is tried again after so many crashes; the third one is its last.
	maxStalledCount: 2,
	removeOnFail: { age: KEEP_S, count: 1000 },
};

/** The braces put every key of a prefix into one slot of a Redis Cluster, which BullMQ's scripts need. */
export function bullPrefix(prefix: string): string {
	return `{${prefix}}`;
}

/**
 * The key of a run. Its record (hash) goes by the identifier alone; `names` (hash: file names that `--with-names` has
 * given), `limited` (set: origins whose requests wait) and `origin` by the name, which no earlier run had.
 */
export function runKey(prefix: string, run: string, ...part: readonly string[]): string {
	const name = part.length === 0 ? run.replace(/\.[0-9a-f]{8}$/, '') : run;
	return [bullPrefix(prefix), 'run', name, ...part].join(':');
}
