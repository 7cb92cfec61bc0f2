import type { MessagePort } from 'node:worker_threads';
import type { Slowest } from '../../download/progress.ts';
import type { FromWorker } from './protocol.ts';

const EVERY_MS = 250;

/** Tells the main thread what takes long, for as long as the thread lives. */
export function tellSlowest(port: MessagePort, slowest: Slowest): void {
	let told = 0;
	setInterval(() => {
		const message: FromWorker = { type: 'slowest', slowest: slowest() };
		if (message.slowest.length > 0 || told > 0) {
			port.postMessage(message);
		}
		told = message.slowest.length;
	}, EVERY_MS).unref();
}
