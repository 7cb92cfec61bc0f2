import { setTimeout as sleep } from 'node:timers/promises';
import { endedOutcome, type Outcome } from '../../download/outcome.ts';
import type { Target } from '../../targets/target.ts';
import { CannotRunError, UsageError } from '../../util/errors.ts';
import { Aborted, unlessAborted } from '../../util/promises.ts';
import { formatCount } from '../../util/units.ts';
import type { Strategy } from '../strategy.ts';
import { Coordinator } from './coordinator.ts';
import { Journal } from './journal.ts';
import type { QueueOptions } from './options.ts';
import { connect, loadLibraries, type RedisConnection } from './redis/connection.ts';
import { SharedClock } from './redis/shared-state.ts';
import { OwnedRun } from './run.ts';
import { type CutShard, cutShards } from './shard.ts';
import { ShardQueue } from './shard-queue.ts';
import { openDirectory } from './worker/directory.ts';
import type { WorkerOptions } from './worker/run-session.ts';
import { ShardWorker } from './worker/shard-worker.ts';

/** Time to mark a run as stopped in Redis; the rest of the last second is for writing reports. */
const STOP_TIMEOUT_MS = 700;

/**
 * Many machines: cuts the list into shards, which are jobs of a BullMQ queue. Workers process them and return the
 * outcomes as job results. The concurrency is that of the workers.
 *
 * @throws {CannotRunError} If Redis cannot be reached, or stays away.
 * @throws {UsageError} If a run is resumed with another list.
 */
export const queue: Strategy = async function* (targets, context) {
	const { signal, queue: settings } = context;
	if (settings === undefined) {
		throw new UsageError('the strategy queue needs a Redis and an output directory');
	}
	const list = cutShards(targets, settings.shardSize, settings.outputDir);
	let first: Promise<CutShard | undefined> | undefined;
	let connection: RedisConnection | undefined;
	let journal: Journal | undefined;
	let coordinator: Coordinator | undefined;
	let reported = 0;
	try {
		const libraries = await loadLibraries();
		connection = await connect(libraries, settings.redis, settings.warn, { signal });
		const stop = AbortSignal.any([signal, connection.lost]);
		first = list.next().then(({ value }) => value ?? undefined);
		const cut = await unlessAborted(stop, first);
		if (cut === undefined) {
			return;
		}
		const { client } = connection;
		const clock = await unlessAborted(stop, SharedClock.open(client));
		journal = await Journal.open(settings);
		// Before this list is recorded in Redis: the journal may be of another one.
		journal.find(cut.number, cut.digest);
		const opening = OwnedRun.open(client, settings, cut.digest, context.options, clock.nowMs());
		const run = await unlessAborted(stop, opening);
		const shards = new ShardQueue(libraries, client, settings.prefix, run);
		coordinator = new Coordinator({ settings, run, shards, journal, list, clock, stop }, cut);
		for await (const outcome of coordinator.outcomes()) {
			reported += 1;
			yield outcome;
		}
	} catch (error) {
		const isStopped = error instanceof Aborted || error === signal.reason;
		if (connection?.lost.aborted === true || !isStopped) {
			const cause = connection?.explain(error) ?? error;
			throw coordinator === undefined ? cause : withResumeHint(cause, reported, settings);
		}
		const open = coordinator?.missing() ?? (await first?.catch(() => undefined))?.targets ?? [];
		yield* cancelled(open, signal);
		for await (const shard of list) {
			yield* cancelled(shard.targets, signal);
		}
	} finally {
		// Do not wait for a busy source, or for a Redis that does not respond.
		const closed = Promise.all([list.return(), coordinator?.close()]).catch(() => {});
		await Promise.race([closed, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
		connection?.close();
		journal?.close();
	}
};

function withResumeHint(cause: unknown, count: number, { runId, total }: QueueOptions): unknown {
	if (!(cause instanceof CannotRunError)) {
		return cause;
	}
	const reported = formatCount(count);
	const all = total === undefined ? '' : ` of ${formatCount(total)}`;
	return new CannotRunError(
		`${cause.message}: ${reported}${all} told; give --run-id ${runId} to go on`,
		{ cause },
	);
}

async function* cancelled(
	targets: AsyncIterable<Target> | Iterable<Target>,
	{ reason }: AbortSignal,
): AsyncGenerator<Outcome, void, undefined> {
	const message = reason instanceof Error ? reason.message : 'cancelled';
	const failure = { code: 'cancelled', message, causes: [] };
	for await (const target of targets) {
		yield endedOutcome(target, 'cancelled', { failure });
	}
}

/**
 * Runs a worker, which takes shards and downloads their targets until it is stopped.
 *
 * @returns The number of shards it finished.
 * @throws {CannotRunError} If Redis stays away, or the directory is not writable.
 */
export async function work(options: WorkerOptions): Promise<number> {
	const { redis, onEvent, connectOptions } = options;
	const directory = openDirectory(options.directory);
	const libraries = await loadLibraries();
	const notice = (_: string, message: string) => onEvent({ type: 'notice', message });
	const connection = await connect(libraries, redis, notice, connectOptions);
	try {
		const clock = await unlessAborted(connection.lost, SharedClock.open(connection.client));
		return await new ShardWorker(options, connection, libraries, { directory, clock }).run();
	} catch (error) {
		throw connection.explain(error);
	} finally {
		connection.close();
	}
}
