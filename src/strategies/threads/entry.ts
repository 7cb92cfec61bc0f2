import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { closeContext, openContext } from '../../download/context.ts';
import { download } from '../../download/download.ts';
import type { Slowest } from '../../download/progress.ts';
import type { Target } from '../../targets/target.ts';
import { createMainThreadProxy } from './main-thread-proxy.ts';
import { type Ended, FLAGS, type FromWorker, type ToWorker, type WorkerData } from './protocol.ts';

const TELL_SLOWEST_MS = 250;

// The thread's side: targets in, the one unit of work, outcomes out.
const port = parentPort as MessagePort;
const { options, outputDir, runName, slots, watched, flags } = workerData as WorkerData;
const stop = new AbortController();
const main = createMainThreadProxy(port, flags);
const context = openContext({
	options,
	outputDir,
	runName,
	concurrency: slots,
	limiter: main.limiter,
	names: main.names,
	signal: stop.signal,
	...(watched && { watch: tellSlowest }),
});

const stopped = Atomics.waitAsync(flags, FLAGS.stop, 0);
if (stopped.async) {
	void stopped.value.then(() => stop.abort());
} else {
	stop.abort();
}

port.on('message', (message: ToWorker) => {
	switch (message.type) {
		case 'targets':
			for (const target of message.targets) {
				void work(target);
			}
			return;
		case 'reply':
			main.onReply(message.id, message.reply);
			return;
		case 'close':
			// With its sockets, its port and the stop flag nothing keeps the thread alive.
			void closeContext(context, message.interrupted).then(() => port.close());
			return;
	}
});

const ready: FromWorker = { type: 'ready' };
port.postMessage(ready);

async function work(given: Target): Promise<void> {
	const { target, ...outcome } = await download(given, context);
	hand({ index: target.index, outcome });
}

let batch: Ended[] = [];

/** What ends in one turn of the event loop travels in one message. */
function hand(one: Ended): void {
	if (batch.push(one) > 1) {
		return;
	}
	setImmediate(() => {
		const ended = batch;
		batch = [];
		const message: FromWorker = { type: 'outcomes', ended, answered: main.takeAnswered() };
		port.postMessage(message);
	});
}

/** Tells the main thread what takes long, for as long as the thread lives. */
function tellSlowest(slowest: Slowest): void {
	let told = 0;
	setInterval(() => {
		const message: FromWorker = { type: 'slowest', slowest: slowest() };
		if (message.slowest.length > 0 || told > 0) {
			port.postMessage(message);
		}
		told = message.slowest.length;
	}, TELL_SLOWEST_MS).unref();
}
