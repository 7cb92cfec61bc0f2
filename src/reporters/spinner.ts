import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Output } from './output.ts';

export const FRAMES: readonly string[] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
export const FRAME_MS = 80;
/** Shorter waits show no spinner, to avoid flicker. */
export const SHOW_AFTER_MS = 150;

/**
 * Shows a spinner while there is nothing to count. Runs until its signal aborts, and resolves when the
 * line is cleared.
 *
 * *Fluent Python*, 18.1: the spinner as a coroutine, cancelled from outside.
 */
export async function spin(output: Output, text: string, signal: AbortSignal): Promise<void> {
	let shown = false;
	try {
		await sleep(SHOW_AFTER_MS, undefined, { signal });
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
 * Starts a spinner in its own thread, which runs while this thread is busy, and waits for the thread to
 * start. A flag in shared memory stops it.
 *
 * *Fluent Python*, 18.1: the spinner as a thread, stopped by a signal object.
 *
 * @param fd - File descriptor of a terminal.
 */
export async function startThreadSpinner(
	fd: number,
	text: string,
): Promise<{ stop(): Promise<void> }> {
	const stopFlag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
	const workerData: SpinnerWorkerData = { fd, text, stopFlag };
	const worker = new Worker(new URL(import.meta.resolve('#spinner-entry')), {
		workerData,
	});
	const ended = once(worker, 'exit');
	// A failing spinner must not end the process.
	ended.catch(() => {});
	await Promise.race([once(worker, 'online'), ended]).catch(() => {});
	return {
		async stop() {
			Atomics.store(stopFlag, 0, 1);
			Atomics.notify(stopFlag, 0);
			await ended.catch(() => {});
		},
	};
}

/** `workerData` of the spinner thread. */
export interface SpinnerWorkerData {
	/** The terminal. A worker's own `process.stderr` would wait for the main thread. */
	readonly fd: number;
	readonly text: string;
	/** One element: 0 to run, 1 to stop. */
	readonly stopFlag: Int32Array<SharedArrayBuffer>;
}
