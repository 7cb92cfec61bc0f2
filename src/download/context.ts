import { setMaxListeners } from 'node:events';
import { Activity, type Watch } from './activity.ts';
import { FreshFolders } from './fresh-folders.ts';
import { type HttpClient, openHttpClient } from './http-client.ts';
import type { DownloadOptions } from './options.ts';
import type { OriginLimiter } from './origin/limiter.ts';
import { RateLimitDetector } from './origin/rate-limit-detector.ts';
import { openSlots, type Slots } from './slots.ts';
import { SmallFiles } from './small-files.ts';

/** What the downloads of one thread share. */
export interface DownloadContext {
	readonly options: DownloadOptions;
	readonly http: HttpClient;
	readonly slots: Slots;
	readonly limiter: OriginLimiter;
	readonly names: Names;
	readonly folders: FreshFolders;
	readonly files: SmallFiles;
	readonly rateLimits: RateLimitDetector;
	readonly signal: AbortSignal;
	/** Where somebody watches. */
	readonly activity: Activity | undefined;
}

/** The file names that this run has given; one for all its workers. */
export interface Names {
	/** @returns False where another target of the run has the name, compared without case. */
	claim(path: string, id: string): Promise<boolean>;
}

export interface ContextParts {
	readonly options: DownloadOptions;
	readonly concurrency: number;
	readonly limiter: OriginLimiter;
	readonly names: Names;
	readonly signal: AbortSignal;
	readonly watch?: Watch | undefined;
}

export function openContext(parts: ContextParts): DownloadContext {
	const { options, concurrency, limiter, names, signal, watch } = parts;
	const activity = watch && new Activity(limiter);
	watch?.(() => activity?.slowest() ?? []);
	// Everybody who waits at the limiter or backs off listens; Node would call eleven of them a leak.
	setMaxListeners(0, signal);
	return {
		options,
		limiter,
		names,
		signal,
		activity,
		folders: new FreshFolders(),
		files: new SmallFiles(),
		rateLimits: new RateLimitDetector(),
		http: openHttpClient(options, concurrency, signal),
		slots: openSlots(concurrency),
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
			return await Promise.resolve(owner === undefined || owner === id);
		},
	};
}
