import { onTestFinished } from 'vitest';
import {
	closeContext,
	type DownloadContext,
	openContext,
	openNames,
} from '../../src/download/context.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import { createLimiter } from '../../src/download/origin/local-limiter.ts';

/** A context for the unit of work alone, closed when the test is done. */
export function contextWith(
	options: Partial<DownloadOptions> = {},
	concurrency = 4,
): DownloadContext {
	const all = { ...DEFAULT_OPTIONS, detail: true, seed: 3, ...options };
	const context = openContext({
		options: all,
		concurrency,
		limiter: createLimiter(all),
		names: openNames(),
		signal: new AbortController().signal,
	});
	onTestFinished(async () => await closeContext(context, false));
	return context;
}
