/** BullMQ's name of the queue; all runs of a prefix share it, and so do their workers. */
export const QUEUE_NAME = 'shards';

/** Of what becomes part of names in Redis. */
export const NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;

/**
 * The braces put every key of a prefix into one slot of a Redis Cluster, which transactions and
 * BullMQ's scripts need.
 */
export function bullPrefix(prefix: string): string {
	return `{${prefix}}`;
}

/** A worker that was not heard of for so long is gone. */
export const WORKER_GONE_MS: number = 10_000;

/** Sorted set: workers by the time of their last sign of life. */
export function workersKey(prefix: string): string {
	return `{${prefix}}:workers`;
}

/** What `--run-id` stands for: the name of the run that was begun with it and has not ended. */
export function pointerKey(prefix: string, runId: string): string {
	return `{${prefix}}:run-id:${runId}`;
}

/** BullMQ's identifier of a shard's job, the same whoever adds it: adding it again changes nothing. */
export function jobIdOf(run: string, shard: number): string {
	return `${run}-${shard}`;
}

/** The keys of one run. Its name is its identifier and something that no earlier run had. */
export interface RunKeys {
	/** Hash: what the run is, see `RunRecord`. */
	readonly record: string;
	/** Stream: outcomes, in the order in which they came. */
	readonly outcomes: string;
	/** Hash: file names that `--with-names` has given. */
	readonly names: string;
	/** Hash: what origins have refused, and the pace after that. */
	readonly gate: string;
	/** Hash: how much each origin has answered. */
	readonly answers: string;
	/** Sorted set: until when an origin is paused. */
	readonly pauses: string;
	/** Sorted set: the last turn taken of each pace. */
	readonly turns: string;
	/** Channel: what workers should know at once. */
	readonly channel: string;
	/** Sorted set: requests in flight of one origin, by the end of their lease. */
	places(origin: string): string;
	/** Hash: what is done of one shard. */
	shard(shard: number): string;
}

export function keysOf(prefix: string, run: string): RunKeys {
	const base = `{${prefix}}:run:${run}`;
	return {
		record: base,
		outcomes: `${base}:outcomes`,
		names: `${base}:names`,
		gate: `${base}:gate`,
		answers: `${base}:answers`,
		pauses: `${base}:pauses`,
		turns: `${base}:turns`,
		channel: `${base}:say`,
		places: (origin) => `${base}:places:${origin}`,
		shard: (shard) => `${base}:shard:${shard}`,
	};
}

/** What a coordinator left behind that never came back goes after this, in seconds. */
export const KEEP_S: number = 7 * 24 * 60 * 60;

/**
 * Of answers that are counted, in seconds: longer than any pause, after which they are looked up. The
 * last count of a worker may come when the run has ended and been removed.
 */
export const COUNT_KEEP_S: number = 600;
