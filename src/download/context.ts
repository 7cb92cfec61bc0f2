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

/** What the downloads of one thread share. */
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
	/** If a reporter shows it. */
	readonly activity: ProgressTracker | undefined;
}

/** The file names that this run has given; one for all its workers. */
export interface Names {
	/** @returns False where another target of the run has the name, compared without case. */
	claim(path: string, id: string): Promise<boolean>;
}

export interface ContextOptions {
	readonly options: DownloadOptions;
	readonly concurrency: number;
	readonly limiter: OriginLimiter;
	readonly names: Names;
	readonly signal: AbortSignal;
	readonly watch?: OnProgressSource | undefined;
	/** Absolute; files below it are kept in its reserved folder until they are whole. */
	readonly outputDir?: string | undefined;
	/** Of the folder there, if several contexts share it. */
	readonly runName?: string | undefined;
}

export function openContext(given: ContextOptions): DownloadContext {
	const { options, concurrency, limiter, names, signal, watch, outputDir, runName } = given;
	const parts = new PartsDirectory(outputDir, runName);
	const activity = watch && new ProgressTracker(limiter);
	watch?.(() => activity?.slowest() ?? []);
	// All requests that wait at the limiter or back off listen; Node would call eleven of them a leak.
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

export function openNames(): Names {
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
 * Ends what is in flight, closes all connections, and removes what is not whole.
 *
 * @param interrupted - Then nothing is kept for a later resume.
 */
export async function closeContext(
	{ http, parts }: DownloadContext,
	interrupted: boolean,
): Promise<void> {
	await http.close();
	parts.close(interrupted, isObsoletePart);
}

/**
 * The right to have one request in flight; as many as the concurrency. *Fluent Python*, 18.4: `asyncio.Semaphore`
 * around each request. Of our own: p-limit makes five promises for each request, a fifth of all that a file takes.
 */
export class Slots {
	#limit: number;
	#taken = 0;
	readonly #waiting: (() => void)[] = [];

	constructor(concurrency: number) {
		this.#limit = concurrency;
	}

	/** @returns Undefined if one was free, and is taken; otherwise when it is. */
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

	/** The process has no file descriptor left: from now on with fewer slots. */
	reduceLimit(): void {
		this.#limit = Math.max(1, Math.floor(this.#taken * 0.75));
	}
}
