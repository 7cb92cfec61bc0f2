import { inCompletionOrder } from '../in-completion-order.ts';
import { ENDED_EARLY, OPEN_PER_SLOT, type Strategy } from '../strategy.ts';
import { ThreadPool } from './pool.ts';

/**
 * A pool of worker threads, the counterpart of a ThreadPoolExecutor (*Fluent Python*, 18.1). Each worker downloads with
 * its share of the slots; with as many threads as slots, each thread has one download at a time.
 *
 * A custom pool: piscina and tinypool cost 40 to 210 µs per task, a port with batches 1 µs, and
 * cancelling one of their tasks kills its thread with all its other downloads.
 */
export const threads: Strategy = (targets, context) => {
	const endedEarly = new AbortController();
	const signal = AbortSignal.any([context.signal, endedEarly.signal]);
	const pool = new ThreadPool(context, signal);
	return inCompletionOrder(
		targets,
		context.concurrency * OPEN_PER_SLOT,
		(target) => pool.run(target),
		() => endedEarly.abort(ENDED_EARLY),
		() => pool.close(),
	);
};
