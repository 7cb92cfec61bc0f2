import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../../../util/deferred.ts';
import { CannotRunError } from '../../../util/errors.ts';
import type { Strategy } from '../../strategy.ts';
import { nameOf, type RedisAddress } from '../redis/address.ts';
import { openClock } from '../redis/clock.ts';
import { connect, type Patience } from '../redis/link.ts';
import { loadLibraries } from '../redis/load.ts';
import { openDirectory } from './directory.ts';
import { startHeart } from './heart.ts';
import type { OpenShard } from './open-shard.ts';
import { LOCK_MS, openShards, type Shards } from './take-shards.ts';
import { workOnRun } from './work-on-run.ts';

/** After a signal, what is in flight may take so long to end by itself. */
const DRAIN_MS = 400;
/** Without Redis, what is in flight may take so long to be given up. */
const CRASH_MS = 1_000;

export interface WorkerOptions {
	readonly redis: RedisAddress;
	readonly prefix: string;
	/** Absolute; created. */
	readonly directory: string;
	readonly strategy: Strategy;
	readonly concurrency: number;
	readonly threads: number;
	/** Ends after so many shards; absent: never. */
	readonly maxShards?: number;
	/** Ends the work: what is in flight ends or is returned, within half a second. */
	readonly signal: AbortSignal;
	readonly tell: (event: WorkerEvent) => void;
	/** How long Redis is waited for; absent: a minute. */
	readonly patience?: Patience;
}

/** BullMQ may wait for a Redis that is gone. */
const CLOSE_MS = 300;

/** What a worker shows of its work. */
export type WorkerEvent =
	| { readonly type: 'ready'; readonly name: string; readonly redis: string }
	| {
			readonly type: 'shard';
			readonly run: string;
			readonly shard: number;
			readonly targets: number;
			/** Targets by status; `done`: by another worker before. */
			readonly counts: OpenShard['counts'];
			readonly tookMs: number;
	  }
	| { readonly type: 'notice'; readonly message: string };

/**
 * Takes shards and runs the unit of work on their targets, until it has had enough.
 *
 * @returns How many shards it has finished.
 * @throws {CannotRunError} When Redis is away, the directory cannot be written to, or a run is of
 *   another version.
 */
export async function work(options: WorkerOptions): Promise<number> {
	const { redis, prefix, signal, tell } = options;
	const notice = (message: string) => tell({ type: 'notice', message });
	const directory = openDirectory(options.directory);
	const libraries = await loadLibraries();
	const link = await connect(libraries, redis, (_, message) => notice(message), options.patience);
	const name = `${hostname()}:${randomBytes(3).toString('hex')}`;

	const enough = new AbortController();
	const end = new AbortController();
	const crashed: { reason?: Error } = {};
	const over = new Promise((resolve) => enough.signal.addEventListener('abort', resolve));
	const drain = () => {
		enough.abort(signal.reason);
		setTimeout(() => end.abort(signal.reason), DRAIN_MS).unref();
	};
	if (signal.aborted) {
		drain();
	} else {
		signal.addEventListener('abort', drain, { once: true });
	}
	const lastWords = deferred<void>();
	const crash = (reason: Error) => {
		crashed.reason ??= reason;
		enough.abort(reason);
		end.abort(reason);
		// ioredis never settles what was in flight when a connection was lost for good.
		setTimeout(() => lastWords.resolve(), CRASH_MS);
	};
	link.lost.addEventListener('abort', () => crash(link.lost.reason as Error), { once: true });

	const parts: { shards?: Shards } = {};
	const heart = startHeart(
		{ address: redis, prefix, name, lockMs: LOCK_MS },
		{
			onLost: (jobId, token) => parts.shards?.onLost(jobId, token),
			onCrash({ message }) {
				crash(new CannotRunError(`the thread that keeps the locks ended: ${message}`));
			},
		},
	);
	let finished = 0;
	const onFinished = (shard: OpenShard) => {
		finished += 1;
		tell(shardEvent(shard));
	};
	const takeAll = async () => {
		const clock = await openClock(link.client);
		const shards = await openShards({
			...{ libraries, link, prefix, directory, heart, tell: notice },
			...{ enough: enough.signal, maxShards: options.maxShards },
		});
		parts.shards = shards;
		await Promise.race([heart.ready, over]);
		tell({ type: 'ready', name, redis: nameOf(redis) });
		const { strategy, concurrency, threads } = options;
		const workplace = {
			...{ link, clock, prefix, directory, name, shards, strategy, concurrency, threads },
			...{ enough: enough.signal, end: end.signal, onFinished },
		};
		let next = await shards.next();
		while (next !== undefined) {
			next = (await workOnRun(next, workplace)) ?? (await shards.next());
		}
	};
	try {
		await Promise.race([takeAll(), lastWords.promise]);
		if (crashed.reason !== undefined) {
			throw crashed.reason;
		}
		return finished;
	} catch (error) {
		throw crashed.reason ?? link.explain(error);
	} finally {
		await heart.close();
		link.close();
		await Promise.race([parts.shards?.close(), sleep(CLOSE_MS, undefined, { ref: false })]);
	}
}

function shardEvent(shard: OpenShard): WorkerEvent {
	const { message, targets, counts, startMs } = shard;
	return {
		type: 'shard',
		run: message.run,
		shard: message.shard,
		targets: targets.length,
		counts,
		tookMs: performance.now() - startMs,
	};
}
