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

/** How a run is handed to other machines. */
export interface QueueOptions {
	readonly redis: RedisAddress;
	/** Begins all names in Redis; the workers must have the same. */
	readonly prefix: string;
	/** Which run this is: a coordinator that starts again with it takes its run up. */
	readonly runId: string;
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

/** How long Redis is waited for. */
export interface Patience {
	/** Tries before the first connection: a typing error should not cost a minute. */
	readonly firstTries: number;
	/** A server that is restarted and reads a large append-only file takes a while. */
	readonly awayMaxMs: number;
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

/** Of what becomes part of names in Redis. */
export const NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;

/**
 * The braces put every key of a prefix into one slot of a Redis Cluster, which BullMQ's scripts need.
 */
export function bullPrefix(prefix: string): string {
	return `{${prefix}}`;
}

/** BullMQ's identifier of a shard's job: adding the same one again changes nothing. */
export function jobIdOf(run: string, shard: number): string {
	return `${run}-${shard}`;
}

/**
 * Hash: the record of the run that was begun with `--run-id` and has not ended. A run's name is its identifier
 * and something that no earlier run had.
 */
export function recordKey(prefix: string, run: string): string {
	return `{${prefix}}:run:${run.replace(/\.[0-9a-f]{8}$/, '')}`;
}

/** Hash: file names that `--with-names` has given. */
export function namesKey(prefix: string, run: string): string {
	return `{${prefix}}:run:${run}:names`;
}

/** Set: the origins whose requests wait. */
export function limitedKey(prefix: string, run: string): string {
	return `{${prefix}}:run:${run}:limited`;
}

/** What the workers of a run know of one origin together. */
export function originKey(prefix: string, run: string, origin: string): string {
	return `{${prefix}}:run:${run}:origin:${origin}`;
}

/** What a coordinator left behind that never came back goes after this, in seconds. */
export const KEEP_S: number = 7 * 24 * 60 * 60;
