import { Worker } from 'node:worker_threads';
import type { FromHeart, HeartData, ToHeart } from './heart-protocol.ts';

const BEAT_MS = 500;
const CLOSE_MS = 300;

/** Keeps the locks of this worker's shards, however busy its event loop is. */
export interface Heart {
	hold(jobId: string, token: string): void;
	drop(jobId: string): void;
	close(): Promise<void>;
}

/**
 * Starts the thread that renews locks.
 *
 * BullMQ renews them on the event loop of the worker: one that is busy for five seconds, with
 * somebody else's processes on its cores, would lose its shard to another worker.
 *
 * @param onLost - Called when somebody else has the lock.
 * @param onCrash - Called when the thread is gone, and with it the locks.
 */
export function startHeart(
	data: Omit<HeartData, 'beats'>,
	onLost: (jobId: string, token: string) => void,
	onCrash: (error: Error) => void,
): Heart {
	const beats = new Int32Array(new SharedArrayBuffer(4));
	const workerData: HeartData = { ...data, beats };
	const thread = new Worker(new URL(import.meta.resolve('#heart-entry')), { workerData });
	const beating = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS);
	beating.unref();
	const exited = new Promise((resolve) => thread.once('exit', resolve));
	thread.on('message', ({ lost }: FromHeart) => {
		for (const { jobId, token } of lost) onLost(jobId, token);
	});
	thread.on('error', onCrash);
	const say = (message: ToHeart) => thread.postMessage(message);

	return {
		hold: (jobId, token) => say({ type: 'hold', jobId, token }),
		drop: (jobId) => say({ type: 'drop', jobId }),
		async close() {
			clearInterval(beating);
			say({ type: 'close' });
			const timer = setTimeout(() => void thread.terminate(), CLOSE_MS);
			await exited;
			clearTimeout(timer);
		},
	};
}
