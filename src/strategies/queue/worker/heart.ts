import { Worker } from 'node:worker_threads';
import { deferred } from '../../../util/deferred.ts';
import type { FromHeart, HeartData, ToHeart } from './heart-protocol.ts';

const BEAT_MS = 500;
const CLOSE_MS = 300;

/** Keeps the locks of this worker's shards, however busy its event loop is. */
export interface Heart {
	/** Resolves when it beats: a lock would not live to see a slow start. */
	readonly ready: Promise<void>;
	hold(jobId: string, token: string): void;
	drop(jobId: string): void;
	close(): Promise<void>;
}

export interface HeartEvents {
	/** Somebody else has the lock. */
	onLost(jobId: string, token: string): void;
	/** The thread is gone, and with it the locks. */
	onCrash(error: Error): void;
}

/**
 * Starts the thread that renews locks.
 *
 * BullMQ renews them on the event loop of the worker: one that is busy for five seconds, with
 * somebody else's processes on its cores, would lose its shard to another worker.
 */
export function startHeart(data: Omit<HeartData, 'beats'>, events: HeartEvents): Heart {
	const beats = new Int32Array(new SharedArrayBuffer(4));
	const workerData: HeartData = { ...data, beats };
	const thread = new Worker(new URL(import.meta.resolve('#heart-entry')), { workerData });
	const beating = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS);
	beating.unref();
	const exited = new Promise((resolve) => thread.once('exit', resolve));
	const begun = deferred<void>();
	thread.on('message', (message: FromHeart) => {
		if (message.type === 'ready') {
			begun.resolve();
		} else {
			events.onLost(message.jobId, message.token);
		}
	});
	thread.on('error', (error: Error) => {
		events.onCrash(error);
		begun.resolve();
	});
	const say = (message: ToHeart) => thread.postMessage(message);

	return {
		ready: begun.promise,
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
