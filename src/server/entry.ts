import { parentPort, workerData } from 'node:worker_threads';
import { type FlagServerOptions, startFlagServer } from './start-flag-server.ts';

// The thread of `startServerInThread`. Its one message is the URL; an error ends the thread.
void startFlagServer(workerData as FlagServerOptions).then(({ url }) => {
	parentPort?.postMessage(url);
});
