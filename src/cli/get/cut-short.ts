import type { Target, Targets } from '../../targets/target.ts';

/** What is left of a second when a run has been stopped, the reports have to be written in. */
const BUDGET_MS = 350;

/**
 * Ends a source soon after the signal: what is left of it becomes `cancelled` target by target, and
 * with a million lines that would take longer than anybody waits for a program to stop.
 */
export async function* cutShort(
	targets: Targets,
	signal: AbortSignal,
): AsyncGenerator<Target, void, undefined> {
	let deadline = Number.POSITIVE_INFINITY;
	const start = () => {
		deadline = performance.now() + BUDGET_MS;
	};
	signal.addEventListener('abort', start, { once: true });
	// It may have come before the first target was wanted.
	if (signal.aborted) {
		start();
	}
	try {
		for await (const target of targets) {
			if (signal.aborted && performance.now() > deadline) {
				return;
			}
			yield target;
		}
	} finally {
		signal.removeEventListener('abort', start);
	}
}
