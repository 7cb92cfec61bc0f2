import { setMaxListeners } from 'node:events';
import { createNames } from '../../download/context.ts';
import { removeRunFolder } from '../../download/disk/parts-directory.ts';
import { createRunName } from '../../download/disk/run-folders.ts';
import { OriginUnavailable } from '../../download/origin/limiter.ts';
import { RunLimiter } from '../../download/origin/run-limiter.ts';
import { nowMs, type Outcome } from '../../download/outcome.ts';
import { slowestOf } from '../../download/progress.ts';
import type { Target } from '../../targets/target.ts';
import type { StrategyContext } from '../strategy.ts';
import {
	FLAG_COUNT,
	FLAGS,
	type FromWorker,
	type MainReply,
	type MainRequest,
} from './protocol.ts';
import { crashedOutcome, WorkerHandle } from './worker-handle.ts';

/**
 * Worker threads that share the slots of a run.
 *
 * A worker starts only when all running ones are full, because each costs 0.1 to 0.2 s of CPU time.
 * A crashed worker is replaced in the same way. The limiter and the names live here, for all workers.
 */
export class ThreadPool {
	readonly #context: StrategyContext;
	readonly #signal: AbortSignal;
	readonly #flags = new Int32Array(new SharedArrayBuffer(FLAG_COUNT * 4));
	readonly #limiter;
	readonly #names;
	readonly #runName = createRunName();
	/** Slots per worker; their sum is the concurrency. */
	readonly #shares: number[];
	readonly #workers: (WorkerHandle | undefined)[];

	constructor(context: StrategyContext, signal: AbortSignal) {
		this.#context = context;
		this.#signal = signal;
		// The waiting requests of every worker listen to it.
		setMaxListeners(0, signal);
		this.#limiter = context.shared?.limiter ?? new RunLimiter(context.options);
		this.#names = context.shared?.names ?? createNames();
		this.#shares = share(context.concurrency, context.threads);
		this.#workers = this.#shares.map(() => undefined);
		context.watch?.(() =>
			slowestOf(
				this.#workers.flatMap((worker) => worker?.slowest ?? []),
				this.#limiter,
			),
		);
		this.#updateLimiting();
		this.#limiter.listen(() => this.#updateLimiting());
		if (signal.aborted) {
			this.#stop();
		} else {
			signal.addEventListener('abort', () => this.#stop(), { once: true });
		}
	}

	/** If a worker cannot start (no memory, no file descriptor), its targets go to the others. */
	async run(target: Target): Promise<Outcome> {
		const startMs = nowMs();
		for (;;) {
			const worker = this.#leastLoaded();
			const outcome = await worker.run(target);
			if (outcome !== undefined) {
				return this.#withReason(outcome);
			}
			const index = this.#workers.indexOf(worker);
			const others = this.#workers.some((other) => other !== worker && other?.hasExited === false);
			if (!others) {
				return crashedOutcome(target, startMs, worker.failedToStart?.message ?? 'no worker');
			}
			if (index >= 0) {
				this.#drop(index);
			}
		}
	}

	#withReason(outcome: Outcome): Outcome {
		// The abort reason does not cross threads; the flag says only that the run was aborted.
		if (outcome.status !== 'cancelled' || !(this.#signal.reason instanceof Error)) {
			return outcome;
		}
		const { message } = this.#signal.reason;
		return { ...outcome, failure: { code: 'cancelled', message, causes: [] } };
	}

	#drop(index: number): void {
		this.#workers.splice(index, 1);
		this.#shares.splice(index, 1);
	}

	async close(): Promise<void> {
		this.#stop();
		const { signal, interrupted = signal } = this.#context;
		await Promise.all(
			this.#workers.map(async (worker) => await worker?.close(interrupted.aborted)),
		);
		// Left behind by workers that crashed or were terminated.
		if (this.#context.outputDir !== undefined) {
			removeRunFolder(this.#context.outputDir, this.#runName);
		}
	}

	#stop(): void {
		Atomics.store(this.#flags, FLAGS.stop, 1);
		Atomics.notify(this.#flags, FLAGS.stop);
	}

	#leastLoaded(): WorkerHandle {
		let best: WorkerHandle | undefined;
		let vacant: number | undefined;
		for (let index = 0; index < this.#workers.length; index += 1) {
			const worker = this.#workers[index];
			if (worker === undefined || worker.hasExited) {
				vacant ??= index;
			} else if (best === undefined || worker.load < best.load) {
				best = worker;
			}
		}
		if (vacant === undefined || (best !== undefined && best.load < 1)) {
			return best as WorkerHandle;
		}
		return this.#start(vacant);
	}

	#start(index: number): WorkerHandle {
		const { options, outputDir, watch } = this.#context;
		const slots = this.#shares[index] ?? 1;
		const worker = new WorkerHandle(
			{
				options,
				outputDir,
				runName: this.#runName,
				slots,
				watched: watch !== undefined,
				flags: this.#flags,
			},
			(from, message) => this.#onMessage(from, message),
		);
		this.#workers[index] = worker;
		return worker;
	}

	#onMessage(from: WorkerHandle, message: FromWorker): void {
		switch (message.type) {
			case 'ready':
				from.isReady = true;
				return;
			case 'outcomes':
				for (const { origin, count, sinceMs } of message.answered) {
					this.#limiter.recordAnswers(origin, count, sinceMs);
				}
				for (const ended of message.ended) {
					from.settle(ended);
				}
				return;
			case 'result':
				this.#limiter.record(message.origin, message.result);
				this.#updateLimiting();
				return;
			case 'slowest':
				from.slowest = message.slowest;
				return;
			case 'release':
				from.permits.get(message.id)?.release(message.result);
				from.permits.delete(message.id);
				this.#updateLimiting();
				return;
			case 'ask':
				void this.#answer(from, message.id, message.request).then((reply) => {
					if (!from.hasExited) {
						from.post({ type: 'reply', id: message.id, reply });
					}
				});
				return;
		}
	}

	async #answer(from: WorkerHandle, id: number, request: MainRequest): Promise<MainReply> {
		if (request.kind === 'claim') {
			return { kind: 'claimed', claimed: await this.#names.claim(request.path, request.target) };
		}
		const { origin, target } = request;
		if (request.kind === 'awaits_recovery') {
			return {
				kind: 'awaits_recovery',
				awaits: this.#limiter.awaitsRecovery(origin, target),
			};
		}
		try {
			const permit = await this.#limiter.acquire(origin, target, this.#signal);
			if (from.hasExited) {
				permit.release({ kind: 'unused' });
			} else {
				from.permits.set(id, permit);
			}
			return { kind: 'acquired' };
		} catch (error) {
			if (error instanceof OriginUnavailable) {
				return { kind: 'unavailable', code: error.code, message: error.message };
			}
			return { kind: 'stopped' };
		}
	}

	#updateLimiting(): void {
		Atomics.store(this.#flags, FLAGS.limiting, Number(this.#limiter.isLimiting()));
	}
}

/** Distributes slots evenly: `share(5, 2)` is `[3, 2]`. */
function share(slots: number, workers: number): number[] {
	const count = Math.min(slots, workers);
	return Array.from({ length: count }, (_, index) =>
		Math.floor((slots + count - 1 - index) / count),
	);
}
