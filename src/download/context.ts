import { setMaxListeners } from 'node:events';
import { EmptyDirectories } from './disk/existing-file.ts';
import { isObsoletePart } from './disk/kept-parts.ts';
import { PartsDirectory } from './disk/parts-directory.ts';
import { BatchedWriter } from './disk/save.ts';
import { type HttpClient, openHttpClient } from './http/client.ts';
import { Session } from './http/session.ts';
import type { DownloadOptions } from './options.ts';
import type { OriginLimiter } from './origin/limiter.ts';
import { RateLimitDetector } from './origin/rate-limit-detector.ts';
import { type OnProgressSource, ProgressTracker } from './progress.ts';

/** State shared by the downloads of one thread. */
export interface DownloadContext {
	readonly options: DownloadOptions;
	readonly http: HttpClient;
	readonly session: Session;
	readonly slots: Slots;
	readonly limiter: OriginLimiter;
	readonly names: Names;
	readonly emptyDirectories: EmptyDirectories;
	readonly parts: PartsDirectory;
	readonly writer: BatchedWriter;
	readonly rateLimits: RateLimitDetector;
	readonly signal: AbortSignal;
	/** Undefined unless a reporter shows progress. */
	readonly activity: ProgressTracker | undefined;
}

/** The file names claimed in this run, shared by all its workers. */
export interface Names {
	/** @returns False if another target of the run has the name, compared case-insensitively. */
	claim(path: string, id: string): Promise<boolean>;
}

export interface ContextOptions {
	readonly options: DownloadOptions;
	readonly concurrency: number;
	readonly limiter: OriginLimiter;
	readonly names: Names;
	readonly signal: AbortSignal;
	readonly watch?: OnProgressSource | undefined;
	/** Absolute; partial files below it are kept in its reserved folder. */
	readonly outputDir?: string | undefined;
	/** Name of the folder for partial files, if several contexts share it. */
	readonly runName?: string | undefined;
}

export function openContext(given: ContextOptions): DownloadContext {
	const { options, concurrency, limiter, names, signal, watch, outputDir, runName } = given;
	const parts = new PartsDirectory(outputDir, runName);
	const activity = watch && new ProgressTracker(limiter);
	watch?.(() => activity?.slowest() ?? []);
	// All requests that wait or back off listen to the signal; Node warns of a leak from eleven listeners on.
	setMaxListeners(0, signal);
	const http = openHttpClient(options, concurrency, signal);
	const slots = new Slots(concurrency);
	return {
		options,
		limiter,
		names,
		signal,
		activity,
		emptyDirectories: new EmptyDirectories(),
		parts,
		writer: new BatchedWriter(parts, () => {
			slots.reduceLimit();
			http.closeIdle();
		}),
		rateLimits: new RateLimitDetector(),
		http,
		session: new Session(options),
		slots,
	};
}

export function createNames(): Names {
	const taken = new Map<string, string>();
	return {
		claim: async (path, id) => {
			const key = path.normalize('NFC').toLowerCase();
			const owner = taken.get(key);
			if (owner === undefined) {
				taken.set(key, id);
			}
			return owner === undefined || owner === id;
		},
	};
}

/**
 * Aborts requests in flight, closes all connections, and removes partial files.
 *
 * @param interrupted - Also removes the parts that this run kept for a resume.
 */
export async function closeContext(
	{ http, parts }: DownloadContext,
	interrupted: boolean,
): Promise<void> {
	await http.close();
	parts.close(interrupted, isObsoletePart);
}

/**
 * A semaphore: one slot per request in flight, as many as the concurrency. *Fluent Python*, 18.4: `asyncio.Semaphore`
 * around each request. p-limit would create five promises per request, a fifth of the cost of a file.
 */
export class Slots {
	#limit: number;
	#taken = 0;
	readonly #waiting: (() => void)[] = [];

	constructor(concurrency: number) {
		this.#limit = concurrency;
	}

	/** @returns Undefined if a slot was free; otherwise a promise that resolves when it is acquired. */
	acquire(): Promise<void> | undefined {
		if (this.#taken < this.#limit) {
			this.#taken += 1;
			return undefined;
		}
		return new Promise((resolve) => {
			this.#waiting.push(resolve);
		});
	}

	release(): void {
		const next = this.#taken <= this.#limit ? this.#waiting.shift() : undefined;
		if (next === undefined) {
			this.#taken -= 1;
		} else {
			next();
		}
	}

	/** Reduces the slots for the rest of the run, because the process is out of file descriptors. */
	reduceLimit(): void {
		this.#limit = Math.max(1, Math.floor(this.#taken * 0.75));
	}
}
