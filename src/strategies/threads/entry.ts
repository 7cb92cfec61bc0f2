import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { closeContext, openContext } from '../../download/context.ts';
import { download } from '../../download/download.ts';
import type { Slowest } from '../../download/progress.ts';
import type { Target } from '../../targets/target.ts';
import { createMainThreadProxy } from './main-thread-proxy.ts';
import { type Ended, FLAGS, type FromWorker, type ToWorker, type WorkerData } from './protocol.ts';

const SLOWEST_INTERVAL_MS = 250;

// Worker side: receives targets, downloads them, and sends outcomes.
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
	...(watched && { watch: reportSlowest }),
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
				void run(target);
			}
			return;
		case 'reply':
			main.onReply(message.id, message.reply);
			return;
		case 'close':
			// Once the sockets and the port are closed, nothing keeps the thread alive.
			void closeContext(context, message.interrupted).then(() => port.close());
			return;
	}
});

const ready: FromWorker = { type: 'ready' };
port.postMessage(ready);

async function run(given: Target): Promise<void> {
	const { target, ...outcome } = await download(given, context);
	enqueue({ index: target.index, outcome });
}

let batch: Ended[] = [];

/** Batches the outcomes of one turn of the event loop in one message. */
function enqueue(one: Ended): void {
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

/** Reports the slowest targets to the main thread until the thread ends. */
function reportSlowest(slowest: Slowest): void {
	let lastCount = 0;
	setInterval(() => {
		const message: FromWorker = { type: 'slowest', slowest: slowest() };
		if (message.slowest.length > 0 || lastCount > 0) {
			port.postMessage(message);
		}
		lastCount = message.slowest.length;
	}, SLOWEST_INTERVAL_MS).unref();
}
