import { Worker } from 'node:worker_threads';
import type { Permit } from '../../download/origin/limiter.ts';
import { endedOutcome, type Failure, nowMs, type Outcome } from '../../download/outcome.ts';
import type { InFlight } from '../../download/progress.ts';
import type { Target } from '../../targets/target.ts';
import type { Ended, FromWorker, ToWorker, WorkerData } from './protocol.ts';

/** A worker that does not end within this is terminated. */
const CLOSE_TIMEOUT_MS = 500;

/** Objects die with their file: V8's default of 48 MB would save no time, and cost that memory per worker. */
const YOUNG_GENERATION_MB = 12;

/** Main-thread side of one worker: its open targets, its permits and its exit. */
export class WorkerHandle {
	readonly slots: number;
	readonly permits: Map<number, Permit> = new Map();
	readonly #worker: Worker;
	readonly #open = new Map<number, OpenTarget>();
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
			resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
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

	/** Open targets per slot. */
	get load(): number {
		return this.#open.size / this.slots;
	}

	/** Why it exited before it was ready; its targets then go to another worker. */
	get failedToStart(): Error | undefined {
		return this.hasExited && !this.isReady ? (this.#crash ?? new Error('it ended')) : undefined;
	}

	/** @returns Undefined if the worker failed to start. */
	run(target: Target): Promise<Outcome | undefined> {
		// The targets of one turn of the event loop are sent in one message.
		if (this.#batch.push(target) === 1) {
			setImmediate(() => this.#flush());
		}
		return new Promise((resolve) => {
			this.#open.set(target.index, { target, startMs: nowMs(), resolve });
		});
	}

	/** The slowest targets of its last report that are still open. */
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
		const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_TIMEOUT_MS);
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

	/** After a crash the open targets end as `error`. */
	#onExit(exitCode: number): void {
		this.hasExited = true;
		for (const permit of this.permits.values()) {
			permit.release({ kind: 'unused' });
		}
		const cause = this.#crash?.message ?? `exit code ${exitCode}`;
		for (const open of this.#open.values()) {
			open.resolve(this.isReady ? crashedOutcome(open.target, open.startMs, cause) : undefined);
		}
		this.#open.clear();
	}
}

/** The outcome of a target whose worker crashed. */
export function crashedOutcome(target: Target, startMs: number, cause: string): Outcome {
	return endedOutcome(target, 'error', {
		startMs,
		failure: { ...(fileLimitFailure(cause) ?? CRASHED), causes: [cause] },
	});
}

const CRASHED = {
	code: 'worker_crashed',
	message: 'the worker thread of this download crashed',
};

/** The failure of a worker that could not start because too many files are open. */
function fileLimitFailure(cause: string): Omit<Failure, 'causes'> | undefined {
	const [code] = /\bE[MN]FILE\b/.exec(cause) ?? [];
	const message =
		'no file descriptor was free for a worker thread; raise the limit (ulimit -n), or lower --threads';
	return code === undefined ? undefined : { code, message };
}

interface OpenTarget {
	readonly target: Target;
	readonly startMs: number;
	resolve(outcome: Outcome | undefined): void;
}
