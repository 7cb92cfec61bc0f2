import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
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
	return {
		options,
		limiter,
		names,
		signal,
		activity,
		emptyDirectories: new EmptyDirectories(),
		parts,
		writer: new BatchedWriter(parts),
		rateLimits: new RateLimitDetector(),
		http: openHttpClient(options, concurrency, signal),
		session: new Session(options),
		slots: createSlots(concurrency),
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

/** The right to have one request in flight; as many as the concurrency. */
export interface Slots {
	/** Runs the work as soon as a slot is free. */
	run<Arguments extends unknown[], T>(
		work: (...given: Arguments) => Promise<T>,
		...given: Arguments
	): Promise<T>;
	/** The process has no file descriptor left: from now on with fewer slots. */
	reduceLimit(): void;
}

/** p-limit is the semaphore. *Fluent Python*, 18.4: `asyncio.Semaphore` around each request. */
export function createSlots(concurrency: number): Slots {
	const limit = pLimit(concurrency);
	return {
		run: (work, ...given) => limit(work, ...given),
		reduceLimit() {
			limit.concurrency = Math.max(1, Math.floor(limit.activeCount * 0.75));
		},
	};
}
