import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Output } from './output.ts';

export const FRAMES: readonly string[] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
export const FRAME_MS = 80;
/** Shorter waits show nothing: a flicker has no use. */
export const PATIENCE_MS = 150;

/**
 * Shows that something is going on while there is nothing to count. A task like any other: it
 * runs until its signal is aborted, and resolves when its line is clean again.
 *
 * *Fluent Python*, 18.1: the spinner as a coroutine, cancelled from outside.
 */
export async function spin(output: Output, text: string, signal: AbortSignal): Promise<void> {
	let shown = false;
	try {
		await sleep(PATIENCE_MS, undefined, { signal });
		for (let frame = 0; ; frame = (frame + 1) % FRAMES.length) {
			output.write(`\r${FRAMES[frame]} ${text}`);
			shown = true;
			await sleep(FRAME_MS, undefined, { signal });
		}
	} catch (error) {
		if (!signal.aborted) {
			throw error;
		}
	} finally {
		if (shown) {
			output.write('\r\u001b[2K');
		}
	}
}

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
