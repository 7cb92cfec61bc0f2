import { nowMs } from './download/outcome.ts';
import type { Reporter, RunEnd, RunStart, Summary } from './reporters/event.ts';
import { addOutcome, countAll, emptySum } from './reporters/summary.ts';
import type { Strategy, StrategyContext } from './strategies/strategy.ts';
import type { Target, Targets } from './targets/target.ts';

export interface Run {
	readonly targets: Targets;
	/** Targets that were not started, once the run was stopped; as many as there is time for. */
	readonly rest: () => AsyncIterable<Target>;
	readonly strategy: Strategy;
	readonly context: StrategyContext;
	/** Those that write files: they are whole before the end is told to the others. */
	readonly files: Reporter;
	readonly reporter: Reporter;
	readonly start: Omit<RunStart, 'type' | 'startMs'>;
	/** What the run has cost; asked once, after the last outcome. */
	readonly cost: () => Pick<RunEnd, 'cpuMs' | 'maxRssBytes' | 'eventLoopDelay'>;
	/** How the run ends. @param failure - What escaped from it, or from writing its files. */
	readonly exitCode: (summary: Summary, failure: Error | undefined) => number;
}

/**
 * The whole programme: targets in, outcomes through, a summary out.
 *
 * @throws What is a bug, what a list that changed says, and what a file could not be written for; but
 *   not before `run.end` is told.
 */
export async function run(given: Run): Promise<RunEnd> {
	const { strategy, context, files, reporter, start } = given;
	const startMs = nowMs();
	const summary = emptySum();
	let notStarted = 0;
	let failure: Error | undefined;
	const tell = (event: Parameters<Reporter['on']>[0]) => {
		files.on(event);
		reporter.on(event);
	};

	tell({ type: 'run.start', startMs, ...start });
	try {
		for await (const outcome of strategy(given.targets, context)) {
			addOutcome(summary, outcome);
			notStarted += outcome.status === 'cancelled' && outcome.requests === 0 ? 1 : 0;
			tell({ type: 'outcome', outcome });
		}
		if (context.signal.aborted) {
			for await (const target of given.rest()) {
				tell({ type: 'not_started', target });
			}
			const left = Math.max(0, (start.targets ?? 0) - countAll(summary.totals));
			summary.totals.cancelled += left;
			notStarted += left;
		}
	} catch (error) {
		failure = asError(error);
	}

	const wallMs = nowMs() - startMs;
	const end = { type: 'run.end', ...summary, notStarted, wallMs, ...given.cost() } as const;
	files.on({ ...end, exitCode: given.exitCode(summary, failure) });
	try {
		await files.close?.();
	} catch (error) {
		failure ??= asError(error);
	}
	const told: RunEnd = { ...end, exitCode: given.exitCode(summary, failure) };
	reporter.on(told);
	await reporter.close?.();
	if (failure !== undefined) {
		throw failure;
	}
	return told;
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error('not an error was thrown', { cause: error });
}
