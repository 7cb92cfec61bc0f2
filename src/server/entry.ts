import { parentPort, workerData } from 'node:worker_threads';
import { type FlagServerOptions, startFlagServer } from './start-flag-server.ts';
import type { ThreadReply } from './thread-protocol.ts';

// The thread side of `startServerInThread`.
const reply = (message: ThreadReply) => parentPort?.postMessage(message);

startFlagServer(workerData as FlagServerOptions).then(
	({ url }) => reply({ url }),
	(error: unknown) => {
		const { message, code } = error as NodeJS.ErrnoException;
		reply({ message, ...(code !== undefined && { code }) });
	},
);
