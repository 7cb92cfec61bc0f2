import {
	closeContext,
	createNames,
	type DownloadContext,
	openContext,
} from '../../src/download/context.ts';
import { download as downloadUnjudged } from '../../src/download/download.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import { RunLimiter } from '../../src/download/origin/run-limiter.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { RunUnderOracle } from './oracle.ts';
import { onTestFinished } from './this-test.ts';

/** `download()`, under the oracle. */
export async function download(target: Target, context: DownloadContext): Promise<Outcome> {
	const run = new RunUnderOracle();
	run.begins(target);
	const outcome = await downloadUnjudged(target, context);
	run.ended({ ...target, ...outcome });
	run.end({ isComplete: true, hasParts: true });
	return outcome;
}

/** A context for single downloads, closed when the test is finished. */
export function contextWith(
	options: Partial<DownloadOptions> = {},
	concurrency = 4,
): DownloadContext {
	const all = { ...DEFAULT_OPTIONS, detail: true, seed: 3, ...options };
	const context = openContext({
		options: all,
		concurrency,
		limiter: new RunLimiter(all),
		names: createNames(),
		signal: new AbortController().signal,
	});
	onTestFinished(async () => await closeContext(context, false));
	return context;
}
