import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue, QueueEvents } from 'bullmq';
import { endedOutcome, type Outcome } from '../../download/outcome.ts';
import type { ShardMessage } from '../../schema/shard.ts';
import type { Target } from '../../targets/target.ts';
import { Aborted, unlessAborted } from '../../util/abort.ts';
import { CannotRunError, UsageError } from '../../util/errors.ts';
import { formatCount } from '../../util/units.ts';
import type { Strategy, StrategyContext } from '../strategy.ts';
import { Coordinator } from './coordinator.ts';
import { Journal } from './journal.ts';
import { bullPrefix, QUEUE_NAME, type QueueOptions } from './options.ts';
import { connect, loadLibraries, type RedisConnection } from './redis/connection.ts';
import { SharedClock } from './redis/shared-state.ts';
import { OwnRun } from './run.ts';
import { type CutShard, ShardCutter } from './shard-cutter.ts';
import { ShardQueue } from './shards.ts';
import { openDirectory } from './worker/directory.ts';
import type { WorkerOptions } from './worker/run-session.ts';
import { ShardWorker } from './worker/shard-worker.ts';

/** How long Redis has to take a run back that is stopped. */
const STOP_MS = 600;
/** Reports are still to be written in the second that a run has to end. */
const CLOSE_MS = 100;
const LISTEN_AGAIN_MS = 100;
/** Events are hints, and have the results in them: BullMQ would keep 10,000. */
const EVENTS_MAX = 256;

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
	const cutter = new ShardCutter(targets, settings.shardSize, settings.outputDir);
	const run = new QueueRun(settings, cutter, context);
	try {
		yield* run.outcomes();
	} catch (error) {
		const isStopped = error instanceof Aborted || error === signal.reason;
		if (run.isLost || !isStopped) {
			throw run.explain(error);
		}
		yield* cancelled(run.missing(), signal);
		yield* cancelled(cutter.rest(), signal);
	} finally {
		await run.close();
	}
};

/** One run of a coordinator, from its connection to its end. */
class QueueRun {
	readonly #settings: QueueOptions;
	readonly #cutter: ShardCutter;
	readonly #context: StrategyContext;
	readonly #left = new AbortController();
	#connection: RedisConnection | undefined;
	#queue: Queue<ShardMessage> | undefined;
	#events: QueueEvents | undefined;
	#run: OwnRun | undefined;
	#coordinator: Coordinator | undefined;
	#first: CutShard | undefined;
	#told = 0;

	constructor(settings: QueueOptions, cutter: ShardCutter, context: StrategyContext) {
		this.#settings = settings;
		this.#cutter = cutter;
		this.#context = context;
	}

	/** @throws {Aborted} When it is stopped. */
	async *outcomes(): AsyncGenerator<Outcome> {
		const { signal, options } = this.#context;
		const [settings, cutter] = [this.#settings, this.#cutter];
		const libraries = await loadLibraries();
		const opening = connect(libraries, settings.redis, settings.warn, { signal });
		const connection = await opening;
		this.#connection = connection;
		const { client, lost, name } = connection;
		const stop = AbortSignal.any([signal, this.#left.signal, lost]);
		const first = await unlessAborted(stop, cutter.next());
		this.#first = first;
		if (first === undefined) {
			return;
		}
		const clock = await unlessAborted(stop, SharedClock.open(client));
		const journal = await Journal.open(settings);
		const opened = OwnRun.open(client, settings, first.digest, options, clock.nowMs());
		const run = await unlessAborted(stop, opened);
		this.#run = run;
		const at = { connection: client, prefix: bullPrefix(settings.prefix) };
		const streams = { events: { maxLen: EVENTS_MAX } };
		const queue = new libraries.bullmq.Queue<ShardMessage>(QUEUE_NAME, { ...at, streams });
		this.#queue = queue;
		queue.on('error', () => {});
		const events = new libraries.bullmq.QueueEvents(QUEUE_NAME, { ...at, autorun: false });
		this.#events = events;
		events.on('error', () => {});
		this.#listen(events, clock);
		const onLonely = () =>
			settings.warn(
				'no_worker',
				`no worker takes shards from ${name}; start one with: flagdl worker --redis ${name}`,
			);
		const shards = new ShardQueue(queue, events, run.name);
		const parts = { settings, run, shards, journal, cutter, clock, stop, onLonely };
		this.#coordinator = new Coordinator(parts, first);
		for await (const outcome of this.#coordinator.outcomes()) {
			this.#told += 1;
			yield outcome;
		}
		journal.remove();
		this.#run = undefined;
		// What cannot be removed now goes by itself.
		await unlessAborted(stop, run.end()).catch(() => {});
	}

	get isLost(): boolean {
		return this.#connection?.lost.aborted === true;
	}

	/** Targets that have been cut, and have no outcome. */
	missing(): Iterable<Target> {
		return this.#coordinator?.missing() ?? this.#first?.targets ?? [];
	}

	/** What an error means for the user: Redis that stays away comes before what follows from it. */
	explain(error: unknown): unknown {
		const { lost } = this.#connection ?? {};
		const cause: unknown =
			lost?.aborted === true ? lost.reason : (this.#connection?.explain(error) ?? error);
		const { runId, total } = this.#settings;
		if (!(cause instanceof CannotRunError) || this.#coordinator === undefined) {
			return cause;
		}
		const told = formatCount(this.#told);
		const all = total === undefined ? '' : ` of ${formatCount(total)}`;
		return new CannotRunError(
			`${cause.message}: ${told}${all} told; give --run-id ${runId} to go on`,
			{ cause },
		);
	}

	async close(): Promise<void> {
		this.#left.abort();
		await this.#cutter.close();
		if (!this.isLost) {
			await atMost(STOP_MS, this.#stop());
		}
		await atMost(CLOSE_MS, Promise.all([this.#events?.close(), this.#queue?.close()]));
		this.#connection?.close();
	}

	/** From now on; events that are none end the listening, and it begins anew. */
	#listen(events: QueueEvents, clock: SharedClock): void {
		Object.assign(events.opts, { lastEventId: `${Math.floor(clock.nowMs())}-0` });
		const again = () => {
			if (!this.#left.signal.aborted) {
				setTimeout(() => this.#listen(events, clock), LISTEN_AGAIN_MS).unref();
			}
		};
		events.run().then(again, again);
	}

	async #stop(): Promise<void> {
		if ((await this.#run?.stop()) === true) {
			await this.#coordinator?.takeBack();
		}
	}
}

/** What Redis does not answer in time, or refuses, ends nothing that has not ended. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
	const timer = new AbortController();
	const late = sleep(ms, undefined, { signal: timer.signal }).catch(() => {});
	await Promise.race([work.catch(() => {}), late]);
	timer.abort();
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
	const { redis, signal, tell } = options;
	const directory = openDirectory(options.directory);
	const libraries = await loadLibraries();
	const notice = (_: string, message: string) => tell({ type: 'notice', message });
	const connection = await connect(libraries, redis, notice, options.patience);
	const worker = new ShardWorker(options, connection, libraries);
	const { lost } = connection;
	lost.addEventListener('abort', () => worker.crash(lost.reason as Error), { once: true });
	const drain = () => worker.drain();
	signal.addEventListener('abort', drain, { once: true });
	if (signal.aborted) {
		drain();
	}
	try {
		return await Promise.race([worker.run(directory), worker.crashed]);
	} finally {
		signal.removeEventListener('abort', drain);
		await worker.close();
		connection.close();
	}
}
