import type { MessagePort } from 'node:worker_threads';
import type { Names } from '../../download/context.ts';
import { type Gate, GateClosed, type Permit, type Report } from '../../download/gate.ts';
import { nowMs } from '../../download/outcome.ts';
import { type Answered, type Ask, FLAGS, type FromWorker, type Reply } from './protocol.ts';

/** The worker's side of what the main thread decides for all workers. */
export interface Remote {
	readonly gate: Gate;
	readonly names: Names;
	/** Takes an answer of the main thread. */
	onReply(id: number, reply: Reply): void;
	/** Answers counted since the last call. */
	takeAnswered(): Answered[];
}

/**
 * While nothing holds any origin back a worker asks nobody: it reads one flag in shared memory and
 * tells its answers with its outcomes. From the first refusal on, or with a rate, it asks.
 */
export function openRemote(port: MessagePort, flags: Int32Array<SharedArrayBuffer>): Remote {
	const send = (message: FromWorker) => port.postMessage(message);
	const waiting = new Map<number, (reply: Reply) => void>();
	const answered = new Map<string, { count: number; sinceMs: number }>();
	let ids = 0;

	const ask = async (question: Ask): Promise<{ id: number; reply: Reply }> => {
		ids += 1;
		const id = ids;
		const reply = await new Promise<Reply>((resolve) => {
			waiting.set(id, resolve);
			send({ type: 'ask', id, ask: question });
		});
		return { id, reply };
	};

	const isHolding = () => Atomics.load(flags, FLAGS.holding) === 1;
	const freePermit = (origin: string): Permit => {
		let counts = answered.get(origin);
		if (counts === undefined) {
			counts = { count: 0, sinceMs: nowMs() };
			answered.set(origin, counts);
		}
		return {
			isStale: isHolding,
			leave(report) {
				if (report.kind === 'answered') {
					counts.count += 1;
				} else {
					tell(origin, report);
				}
			},
		};
	};
	const tell = (origin: string, report: Report) => {
		// At once, for the other slots of this worker and for the other workers.
		if (report.kind === 'refused') {
			Atomics.store(flags, FLAGS.holding, 1);
		}
		if (report.kind === 'refused' || report.kind === 'unreachable') {
			send({ type: 'report', origin, report });
		}
	};

	return {
		gate: {
			tryEnter: (origin) => (isHolding() ? undefined : freePermit(origin)),
			async enter(origin, signal) {
				signal.throwIfAborted();
				const { id, reply } = await ask({ kind: 'enter', origin });
				if (reply.kind === 'closed') {
					throw new GateClosed(reply.code, reply.message);
				}
				signal.throwIfAborted();
				return {
					isStale: () => false,
					leave: (report) => send({ type: 'leave', id, report }),
				};
			},
		},
		names: {
			async claim(path, target) {
				const { reply } = await ask({ kind: 'claim', path, target });
				return reply.kind === 'claimed' && reply.claimed;
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
