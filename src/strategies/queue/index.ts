import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Outcome } from '../../download/outcome.ts';
import type { Target } from '../../targets/target.ts';
import { UsageError } from '../../util/usage-error.ts';
import type { Strategy } from '../strategy.ts';
import { Coordinator } from './coordinator/coordinator.ts';
import { ended } from './coordinator/ended.ts';
import { Ledger } from './coordinator/ledger.ts';
import { Mailbox } from './coordinator/mailbox.ts';
import { OutcomeStream } from './coordinator/outcome-stream.ts';
import { openRunStore, type RunStore } from './coordinator/run-store.ts';
import { ShardCutter } from './coordinator/shard-cutter.ts';
import { openClock } from './redis/clock.ts';
import { bullPrefix, jobIdOf, QUEUE_NAME } from './redis/keys.ts';
import { connect } from './redis/link.ts';
import { loadLibraries } from './redis/load.ts';
import type { ShardMessage } from './wire/shard-message.ts';

/** How long workers have to end what they do when a run is stopped. */
const SETTLE_MS = 600;
const LOOK_MS = 25;

/**
 * Many machines: the list goes in shards on a queue of BullMQ, workers take them, the outcomes come
 * back as they come about. The concurrency is that of the workers.
 *
 * @throws {CannotRunError} When Redis cannot be reached, or stays away.
 * @throws {UsageError} When a run is taken up with another list.
 */
export const queue: Strategy = async function* (targets, { options, signal, queue: settings }) {
	if (settings === undefined) {
		throw new UsageError('the strategy queue needs a Redis and an output directory');
	}
	const cutter = new ShardCutter(targets, settings.shardSize, settings.outputDir);
	if (signal.aborted) {
		yield* cancelled(cutter.rest(), signal);
		return;
	}

	const libraries = await loadLibraries();
	const link = await connect(libraries, settings.redis, settings.warn);
	const reader = link.another();
	const jobs = new libraries.bullmq.Queue<ShardMessage>(QUEUE_NAME, {
		connection: link.client,
		prefix: bullPrefix(settings.prefix),
	});
	jobs.on('error', () => {});
	const left = new AbortController();
	const stop = AbortSignal.any([signal, left.signal, link.lost]);
	stop.addEventListener('abort', () => reader.disconnect(), { once: true });
	const state: { run?: { store: RunStore; ledger: Ledger }; running?: Promise<void> } = {};
	try {
		const ledger = new Ledger(settings.outputDir, await openClock(link.client));
		const store = await openRunStore(link.client, jobs, settings, options);
		state.run = { store, ledger };
		const stream = new OutcomeStream(reader, store.keys.outcomes);
		const mailbox = new Mailbox<Outcome>();
		const coordinator = new Coordinator({
			...{ settings, store, stream, cutter, ledger, mailbox, stop },
			redisName: link.name,
			queue: jobs,
		});
		state.running = coordinator.run().then(
			() => mailbox.close(),
			(error: unknown) => mailbox.close({ error }),
		);
		yield* mailbox;
		link.lost.throwIfAborted();
		if (stop.aborted) {
			// The workers first: they end what they do meanwhile.
			await store.stop();
			yield* cancelled(missing(ledger), signal);
			yield* cancelled(cutter.rest(), signal);
		} else {
			await store.end();
			delete state.run;
		}
	} catch (error) {
		link.lost.throwIfAborted();
		throw error;
	} finally {
		left.abort();
		await cutter.close();
		await state.running;
		if (state.run !== undefined && !link.lost.aborted) await stopRun(state.run, jobs);
		await jobs.close();
		link.close();
	}
};

/** Takes back what waits, and waits a little for workers to end what they do. */
async function stopRun(
	{ store, ledger }: { readonly store: RunStore; readonly ledger: Ledger },
	jobs: Queue,
): Promise<void> {
	if (!(await store.stop())) return;
	const giveUpMs = performance.now() + SETTLE_MS;
	for (const { shard } of ledger.accounts()) {
		const id = jobIdOf(store.name, shard.number);
		// One that is being worked on cannot be removed, but its worker has been told.
		while ((await jobs.remove(id).catch(() => 0)) === 0 && performance.now() < giveUpMs) {
			if ((await jobs.getJobState(id)) === 'unknown') break;
			await sleep(LOOK_MS);
		}
	}
}

function* missing(ledger: Ledger): Generator<Target> {
	for (const account of ledger.accounts()) {
		for (const target of account.missing) if (target !== undefined) yield target;
	}
}

async function* cancelled(
	targets: AsyncIterable<Target> | Iterable<Target>,
	{ reason }: AbortSignal,
): AsyncGenerator<Outcome, void, undefined> {
	const message = reason instanceof Error ? reason.message : 'cancelled';
	const failure = { code: 'cancelled', message, causes: [] };
	for await (const target of targets) yield ended(target, 'cancelled', failure);
}
