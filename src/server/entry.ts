import { parentPort, workerData } from 'node:worker_threads';
import { type FlagServerOptions, startFlagServer } from './start-flag-server.ts';

// The thread side of `startServerInThread`.
const reply = (message: ThreadReply) => parentPort?.postMessage(message);

startFlagServer(workerData as FlagServerOptions).then(
	({ url }) => reply({ url }),
	(error: unknown) => {
		const { message, code } = error as NodeJS.ErrnoException;
		reply({ message, ...(code !== undefined && { code }) });
	},
);

/** The one message of the server's thread: where it listens, or why it does not. */
export type ThreadReply =
	| { readonly url: string }
	| { readonly message: string; readonly code?: string };
