import type { RedisAddress } from './redis/address.ts';

/** How a run is handed to other machines. */
export interface QueueOptions {
	readonly redis: RedisAddress;
	/** Begins all names in Redis; the workers must have the same. */
	readonly prefix: string;
	/** Which run this is: a coordinator that starts again with it takes its run up. */
	readonly runId: string;
	/** Targets of a shard. */
	readonly shardSize: number;
	/** Absolute; what workers get is relative to it. */
	readonly outputDir: string;
	/** Told what the user should know that ends nothing. */
	readonly warn: (code: string, message: string) => void;
}
