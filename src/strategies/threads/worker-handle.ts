import { Worker } from 'node:worker_threads';
import type { Permit } from '../../download/origin/limiter.ts';
import { endedOutcome, type Failure, nowMs, type Outcome } from '../../download/outcome.ts';
import type { InFlight } from '../../download/progress.ts';
import type { Target } from '../../targets/target.ts';
import type { Ended, FromWorker, ToWorker, WorkerData } from './protocol.ts';

/** A worker that does not end within this is terminated. */
const CLOSE_MS = 500;

/** What is made for one file dies with it: V8's 48 MB would save no time, and be there for each worker. */
const NURSERY_MB = 12;

/** The main thread's side of one worker: its open targets, the permits it holds, its end. */
export class WorkerHandle {
	readonly slots: number;
	readonly permits: Map<number, Permit> = new Map();
	readonly #worker: Worker;
	readonly #open = new Map<number, Open>();
	readonly #exited: Promise<void>;
	#batch: Target[] = [];
	#crash: Error | undefined;
	#slowest: readonly InFlight[] = [];
	isReady = false;
	hasExited = false;

	constructor(data: WorkerData, onMessage: (from: WorkerHandle, message: FromWorker) => void) {
		this.slots = data.slots;
		this.#worker = new Worker(new URL(import.meta.resolve('#worker-entry')), {
			workerData: data,
			resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
		});
		this.#worker.on('message', (message: FromWorker) => onMessage(this, message));
		this.#worker.on('error', (error: Error) => {
			this.#crash = error;
		});
		this.#exited = new Promise((resolve) => {
			this.#worker.on('exit', (code) => {
				this.#onExit(code);
				resolve();
			});
		});
	}

	/** Open targets for each slot. */
	get load(): number {
		return this.#open.size / this.slots;
	}

	/** Why it ended before it was ready; then its targets go to another worker. */
	get failedToStart(): Error | undefined {
		return this.hasExited && !this.isReady ? (this.#crash ?? new Error('it ended')) : undefined;
	}

	/** @returns Undefined where the worker did not start at all. */
	run(target: Target): Promise<Outcome | undefined> {
		// What is asked for in one turn of the event loop travels in one message.
		if (this.#batch.push(target) === 1) {
			setImmediate(() => this.#flush());
		}
		return new Promise((resolve) => {
			this.#open.set(target.index, { target, startMs: nowMs(), resolve });
		});
	}

	/** What it last said takes long, and has not ended since. */
	get slowest(): readonly InFlight[] {
		return this.#slowest.filter(({ index }) => this.#open.has(index));
	}

	set slowest(slowest: readonly InFlight[]) {
		this.#slowest = slowest;
	}

	settle({ index, outcome }: Ended): void {
		const open = this.#open.get(index);
		this.#open.delete(index);
		open?.resolve({ target: open.target, ...outcome });
	}

	post(message: ToWorker): void {
		this.#worker.postMessage(message);
	}

	async close(interrupted: boolean): Promise<void> {
		if (this.hasExited) {
			return;
		}
		this.post({ type: 'close', interrupted });
		const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_MS);
		await this.#exited;
		clearTimeout(timer);
	}

	#flush(): void {
		const targets = this.#batch;
		this.#batch = [];
		if (!this.hasExited) {
			this.post({ type: 'targets', targets });
		}
	}

	/** A crash makes the open targets `error`: reported, not lost. */
	#onExit(exitCode: number): void {
		this.hasExited = true;
		for (const permit of this.permits.values()) {
			permit.release({ kind: 'unused' });
		}
		const cause = this.#crash?.message ?? `exit code ${exitCode}`;
		for (const open of this.#open.values()) {
			open.resolve(this.isReady ? crashed(open.target, open.startMs, cause) : undefined);
		}
		this.#open.clear();
	}
}

/** The outcome of a target whose worker is gone. */
export function crashed(target: Target, startMs: number, cause: string): Outcome {
	return endedOutcome(target, 'error', {
		startMs,
		failure: { ...(failureOfPressure(cause) ?? CRASHED), causes: [cause] },
	});
}

const CRASHED = {
	code: 'worker_crashed',
	message: 'the worker thread of this download crashed',
};

/** Of a worker that could not start since the process has too many files open. */
function failureOfPressure(cause: string): Omit<Failure, 'causes'> | undefined {
	const [code] = /\bE[MN]FILE\b/.exec(cause) ?? [];
	const message =
		'no file descriptor was free for a worker thread; raise the limit (ulimit -n), or lower --threads';
	return code === undefined ? undefined : { code, message };
}

interface Open {
	readonly target: Target;
	readonly startMs: number;
	resolve(outcome: Outcome | undefined): void;
}
