import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FlagServerOptions } from './start-flag-server.ts';

export interface ThreadedServer {
	/** Root, without a slash at its end. */
	readonly url: string;
	/** Ends the thread and its connections at once. */
	stop(): Promise<void>;
}

/**
 * Starts the mock flag server in a thread of its own, so that it does not share the event loop with
 * what it serves. The thread does not keep the process alive and dies with it.
 *
 * @throws The error of `listen`, with its code, or what ended the thread before it was ready.
 */
export async function startServerInThread(
	options: FlagServerOptions = {},
): Promise<ThreadedServer> {
	const worker = new Worker(new URL(import.meta.resolve('#server-entry')), { workerData: options });
	const [url] = (await once(worker, 'message')) as [string];

	// Without a listener an error of the thread would end the whole process; this way the client sees
	// connections refused, and reports them.
	worker.on('error', () => {});
	worker.unref();
	return {
		url,
		async stop() {
			await worker.terminate();
		},
	};
}
