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
import { OwnRun } from './run.ts';
import { type CutShard, cutShards } from './shard.ts';
import { ShardQueue } from './shard-queue.ts';
import { openDirectory } from './worker/directory.ts';
import type { WorkerOptions } from './worker/run-session.ts';
import { ShardWorker } from './worker/shard-worker.ts';

/** How long Redis has to take a run back that is stopped: reports are still to be written in the second that is left. */
const STOP_MS = 700;

/**
 * Many machines: the list goes in shards on a queue of BullMQ, workers take them, the outcomes come back as what the
 * jobs return. The concurrency is that of the workers.
 *
 * @throws {CannotRunError} When Redis cannot be reached, or stays away.
 * @throws {UsageError} When a run is taken up with another list.
 */
export const queue: Strategy = async function* (targets, context) {
	const { signal, queue: settings } = context;
	if (settings === undefined) {
		throw new UsageError('the strategy queue needs a Redis and an output directory');
	}
	const list = cutShards(targets, settings.shardSize, settings.outputDir);
	let first: Promise<CutShard | undefined> | undefined;
	let connection: RedisConnection | undefined;
	let coordinator: Coordinator | undefined;
	let told = 0;
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
		const journal = await Journal.open(settings);
		const opening = OwnRun.open(client, settings, cut.digest, context.options, clock.nowMs());
		const run = await unlessAborted(stop, opening);
		const shards = new ShardQueue(libraries, client, settings.prefix, run);
		coordinator = new Coordinator({ settings, run, shards, journal, list, clock, stop }, cut);
		for await (const outcome of coordinator.outcomes()) {
			told += 1;
			yield outcome;
		}
	} catch (error) {
		const isStopped = error instanceof Aborted || error === signal.reason;
		if (connection?.lost.aborted === true || !isStopped) {
			const cause = connection?.explain(error) ?? error;
			throw coordinator === undefined ? cause : sayHowToGoOn(cause, told, settings);
		}
		const begun = coordinator?.missing() ?? (await first?.catch(() => undefined))?.targets ?? [];
		yield* cancelled(begun, signal);
		for await (const shard of list) {
			yield* cancelled(shard.targets, signal);
		}
	} finally {
		// A source that is busy, and a Redis that does not answer, are not waited for.
		const closed = Promise.all([list.return(), coordinator?.close()]).catch(() => {});
		await Promise.race([closed, sleep(STOP_MS, undefined, { ref: false })]);
		connection?.close();
	}
};

function sayHowToGoOn(cause: unknown, count: number, { runId, total }: QueueOptions): unknown {
	if (!(cause instanceof CannotRunError)) {
		return cause;
	}
	const told = formatCount(count);
	const all = total === undefined ? '' : ` of ${formatCount(total)}`;
	return new CannotRunError(
		`${cause.message}: ${told}${all} told; give --run-id ${runId} to go on`,
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
 * A worker: takes shards and runs the unit of work on their targets, until it has had enough.
 *
 * @returns How many shards it has finished.
 * @throws {CannotRunError} When Redis is away, or the directory cannot be written to.
 */
export async function work(options: WorkerOptions): Promise<number> {
	const { redis, tell, patience } = options;
	const directory = openDirectory(options.directory);
	const libraries = await loadLibraries();
	const notice = (_: string, message: string) => tell({ type: 'notice', message });
	const connection = await connect(libraries, redis, notice, patience);
	try {
		const clock = await unlessAborted(connection.lost, SharedClock.open(connection.client));
		return await new ShardWorker(options, connection, libraries, { directory, clock }).run();
	} finally {
		connection.close();
	}
}
