import type { MessagePort } from 'node:worker_threads';
import type { Names } from '../../download/context.ts';
import {
	type OriginLimiter,
	OriginUnavailable,
	type Permit,
	type RequestResult,
} from '../../download/origin/limiter.ts';
import { nowMs } from '../../download/outcome.ts';
import {
	type Answered,
	FLAGS,
	type FromWorker,
	type MainReply,
	type MainRequest,
} from './protocol.ts';

/** Worker side of the limiter and the names, which live on the main thread. */
export interface MainThreadProxy {
	readonly limiter: OriginLimiter;
	readonly names: Names;
	/** Handles a reply of the main thread. */
	onReply(id: number, reply: MainReply): void;
	/** Returns the responses counted since the last call. */
	takeAnswered(): Answered[];
}

/**
 * While no origin is limited, a worker needs no permit: it reads one flag in shared memory and
 * reports its response counts with its outcomes. After the first refusal, or with a rate, it asks
 * the main thread for permits.
 */
export function createMainThreadProxy(
	port: MessagePort,
	flags: Int32Array<SharedArrayBuffer>,
): MainThreadProxy {
	const send = (message: FromWorker) => port.postMessage(message);
	const waiting = new Map<number, (reply: MainReply) => void>();
	const answered = new Map<string, { count: number; sinceMs: number }>();
	let ids = 0;

	const ask = (request: MainRequest, onReply: (reply: MainReply) => void): number => {
		ids += 1;
		waiting.set(ids, onReply);
		send({ type: 'ask', id: ids, request });
		return ids;
	};

	const isLimiting = () => Atomics.load(flags, FLAGS.limiting) === 1;
	const freePermit = (origin: string): Permit => {
		let counts = answered.get(origin);
		if (counts === undefined) {
			counts = { count: 0, sinceMs: nowMs() };
			answered.set(origin, counts);
		}
		return {
			isStale: isLimiting,
			release(result) {
				if (result.kind === 'answered') {
					counts.count += 1;
				} else {
					report(origin, result);
				}
			},
		};
	};
	const report = (origin: string, result: RequestResult) => {
		if (result.kind === 'refused' || result.kind === 'unreachable') {
			// Applies at once to the other slots of this worker, and to the other workers.
			Atomics.store(flags, FLAGS.limiting, 1);
			send({ type: 'result', origin, result });
		}
	};

	/** A permit that arrives after an abort is released unused. */
	const acquire = async (origin: string, target: number, signal: AbortSignal): Promise<Permit> => {
		signal.throwIfAborted();
		return await new Promise<Permit>((resolve, reject) => {
			const release = (result: RequestResult) => send({ type: 'release', id, result });
			const onAbort = () => reject(signal.reason as Error);
			signal.addEventListener('abort', onAbort, { once: true });
			const id = ask({ kind: 'acquire', origin, target }, (reply) => {
				signal.removeEventListener('abort', onAbort);
				if (reply.kind === 'unavailable') {
					reject(new OriginUnavailable(reply));
				} else if (reply.kind === 'acquired' && signal.aborted) {
					release({ kind: 'unused' });
				} else if (reply.kind === 'acquired') {
					resolve({ isStale: () => false, release });
				} else {
					reject(new Error('the run was stopped'));
				}
			});
		});
	};

	return {
		limiter: {
			tryAcquire: (origin) => (isLimiting() ? undefined : freePermit(origin)),
			acquire,
			async awaitsRecovery(origin, target) {
				return await new Promise<boolean>((resolve) => {
					ask({ kind: 'awaits_recovery', origin, target }, (reply) =>
						resolve(reply.kind === 'awaits_recovery' && reply.awaits),
					);
				});
			},
		},
		names: {
			async claim(path, target) {
				return await new Promise<boolean>((resolve) => {
					ask({ kind: 'claim', path, target }, (reply) =>
						resolve(reply.kind === 'claimed' && reply.claimed),
					);
				});
			},
		},
		onReply(id, reply) {
			waiting.get(id)?.(reply);
			waiting.delete(id);
		},
		takeAnswered() {
			const taken: Answered[] = [];
			for (const [origin, counts] of answered) {
				if (counts.count > 0) {
					taken.push({ origin, ...counts });
				}
				counts.count = 0;
			}
			return taken;
		},
	};
}
