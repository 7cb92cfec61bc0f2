import { closeContext, createNames, openContext } from '../download/context.ts';
import { download } from '../download/download.ts';
import { RunLimiter } from '../download/origin/run-limiter.ts';
import type { Strategy } from './strategy.ts';

/** One target after the other, on a keep-alive connection; a back-off blocks the next target. */
export const sequential: Strategy = async function* (
	targets,
	{ options, signal, interrupted = signal, watch, outputDir },
) {
	const context = openContext({
		options,
		concurrency: 1,
		limiter: new RunLimiter(options),
		names: createNames(),
		signal,
		watch,
		outputDir,
	});
	try {
		for await (const target of targets) {
			yield await download(target, context);
		}
	} finally {
		await closeContext(context, interrupted.aborted);
	}
};
