import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FlagServerOptions } from './start-flag-server.ts';

export interface ThreadedServer {
	/** Root, without a trailing slash. */
	readonly url: string;
	/** Ends the thread and its connections at once. */
	stop(): Promise<void>;
}

/**
 * Starts the mock flag server in its own thread, so that it does not share the event loop with its
 * clients. The thread does not keep the process alive and ends with it.
 *
 * @throws The error of `listen`, with its code, or the error that ended the thread before it was ready.
 */
export async function startServerInThread(
	options: FlagServerOptions = {},
): Promise<ThreadedServer> {
	const worker = new Worker(new URL(import.meta.resolve('#server-entry')), { workerData: options });
	const [url] = (await once(worker, 'message')) as [string];

	// Without a listener, an error in the thread would end the process. With it, the client sees
	// refused connections and reports them.
	worker.on('error', () => {});
	worker.unref();
	return {
		url,
		async stop() {
			await worker.terminate();
		},
	};
}
