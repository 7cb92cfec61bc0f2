import { closeContext, createNames, openContext } from '../download/context.ts';
import { download } from '../download/download.ts';
import { RunLimiter } from '../download/origin/run-limiter.ts';
import { inCompletionOrder } from './in-completion-order.ts';
import { ENDED_EARLY, OPEN_PER_SLOT, type Strategy } from './strategy.ts';

/**
 * Many targets on one thread: the event loop waits for all sockets at once.
 *
 * *Fluent Python*, 18.2: the flags with asyncio and aiohttp.
 */
export const async: Strategy = (targets, given) => {
	const { options, concurrency, signal, interrupted = signal, shared, watch, outputDir } = given;
	const endedEarly = new AbortController();
	const context = openContext({
		options,
		concurrency,
		limiter: shared?.limiter ?? new RunLimiter(options),
		names: shared?.names ?? createNames(),
		signal: AbortSignal.any([signal, endedEarly.signal]),
		watch,
		outputDir,
	});
	return inCompletionOrder(
		targets,
		concurrency * OPEN_PER_SLOT,
		(target) => download(target, context),
		() => endedEarly.abort(ENDED_EARLY),
		() => closeContext(context, interrupted.aborted),
	);
};
