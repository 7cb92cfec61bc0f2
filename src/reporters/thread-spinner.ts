import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * Starts a spinner in a thread of its own, which turns while this one is busy, and waits until it turns. It is stopped by a flag in
 * shared memory, which it sees whatever this thread is doing.
 *
 * *Fluent Python*, 18.1: the spinner as a thread, stopped by a signal object.
 *
 * @param fd - Of a terminal.
 */
export async function startThreadSpinner(
	fd: number,
	text: string,
): Promise<{ stop(): Promise<void> }> {
	const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
	const order: SpinnerOrder = { fd, text, flag };
	const worker = new Worker(new URL(import.meta.resolve('#spinner-entry')), { workerData: order });
	const ended = once(worker, 'exit');
	// A spinner that does not turn is no reason to end.
	ended.catch(() => {});
	await Promise.race([once(worker, 'online'), ended]).catch(() => {});
	return {
		async stop() {
			Atomics.store(flag, 0, 1);
			Atomics.notify(flag, 0);
			await ended.catch(() => {});
		},
	};
}

/** What a spinner thread is told when it begins. */
export interface SpinnerOrder {
	/** Of the terminal. A worker's own `process.stderr` would wait for the main thread. */
	readonly fd: number;
	readonly text: string;
	/** One element: 0 turns, 1 stops. */
	readonly flag: Int32Array<SharedArrayBuffer>;
}
