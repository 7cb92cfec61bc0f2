import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Outcome } from '../../download/outcome.ts';
import { endedOutcome } from '../../download/outcome.ts';
import type { Target } from '../../targets/target.ts';
import { Aborted, unlessAborted } from '../../util/abort.ts';
import { UsageError } from '../../util/errors.ts';
import type { Strategy } from '../strategy.ts';
import { Coordinator } from './coordinator/coordinator.ts';
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

/** How long workers have to end what they do when a run is stopped, from the moment it is. */
const SETTLE_MS = 600;
/** Reports are still to be written in the second that a run has to end. */
const CLOSE_MS = 100;
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
	const link = await connect(libraries, settings.redis, settings.warn, { signal }).catch(
		(error: unknown) => {
			if (!signal.aborted) {
				throw error;
			}
		},
	);
	if (link === undefined) {
		yield* cancelled(cutter.rest(), signal);
		return;
	}
	const reader = link.another();
	const jobs = new libraries.bullmq.Queue<ShardMessage>(QUEUE_NAME, {
		connection: link.client,
		prefix: bullPrefix(settings.prefix),
	});
	jobs.on('error', () => {});
	const left = new AbortController();
	const stop = AbortSignal.any([signal, left.signal, link.lost]);
	const state: { run?: OpenRun; running?: Promise<void>; stoppedMs?: number } = {};
	const onStop = () => {
		state.stoppedMs = performance.now();
		reader.disconnect();
	};
	if (stop.aborted) {
		onStop();
	} else {
		stop.addEventListener('abort', onStop, { once: true });
	}
	const mailbox = new Mailbox<Outcome>();
	try {
		const clock = await unlessAborted(stop, openClock(link.client));
		const ledger = new Ledger(settings.outputDir, clock);
		const opening = openRunStore(link.client, jobs, settings, options);
		const store = await unlessAborted(stop, opening);
		state.run = { store, ledger };
		const stream = new OutcomeStream(reader, store.keys.outcomes);
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
			// The workers first: they end what they do meanwhile. Redis may not answer.
			store.stop().catch(() => {});
			yield* cancelled(missing(ledger), signal);
			yield* cancelled(cutter.rest(), signal);
		} else {
			delete state.run;
			// Every outcome is there: what cannot be removed now goes by itself.
			await unlessAborted(stop, store.end()).catch(() => {});
		}
	} catch (error) {
		link.lost.throwIfAborted();
		if (!(error instanceof Aborted)) {
			throw link.explain(error);
		}
		// Before anything was put on the queue.
		yield* cancelled(cutter.rest(), signal);
	} finally {
		left.abort();
		await cutter.close();
		mailbox.close();
		await state.running;
		const { run, stoppedMs = 0 } = state;
		const settledMs = stoppedMs + SETTLE_MS;
		if (run !== undefined && !link.lost.aborted) {
			await atMost(settledMs - performance.now(), stopRun(run, jobs, settledMs));
		}
		await atMost(CLOSE_MS, jobs.close());
		link.close();
	}
};

interface OpenRun {
	readonly store: RunStore;
	readonly ledger: Ledger;
}

/** What Redis does not answer in time, or refuses, ends nothing that has not ended. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
	const timer = new AbortController();
	const late = sleep(Math.max(1, ms), undefined, { signal: timer.signal });
	await Promise.race([work, late]).catch(() => {});
	work.catch(() => {});
	timer.abort();
}

/** Takes back what waits, and waits a little for workers to end what they do. */
async function stopRun({ store, ledger }: OpenRun, jobs: Queue, giveUpMs: number): Promise<void> {
	if (!(await store.stop())) {
		return;
	}
	for (const { shard } of ledger.accounts()) {
		const id = jobIdOf(store.name, shard.number);
		// One that is being worked on cannot be removed, but its worker has been told.
		while ((await jobs.remove(id).catch(() => 0)) === 0 && performance.now() < giveUpMs) {
			if ((await jobs.getJobState(id)) === 'unknown') {
				break;
			}
			await sleep(LOOK_MS);
		}
	}
}

function* missing(ledger: Ledger): Generator<Target> {
	for (const account of ledger.accounts()) {
		for (const target of account.missing) {
			if (target !== undefined) {
				yield target;
			}
		}
	}
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
