import { nowMs } from './download/outcome.ts';
import type { Reporter, RunEnd, RunStart, Summary } from './reporters/event.ts';
import { addOutcome, emptySum } from './reporters/summary.ts';
import type { Strategy, StrategyContext } from './strategies/strategy.ts';
import type { Targets } from './targets/target.ts';

export interface Run {
	readonly targets: Targets;
	readonly strategy: Strategy;
	readonly context: StrategyContext;
	readonly reporter: Reporter;
	readonly start: Omit<RunStart, 'type' | 'startMs'>;
	/** Asked once, after the last outcome: what the run has cost, and how it ends. */
	readonly conclude: (summary: Summary, crash: Error | undefined) => Conclusion;
}

type Conclusion = Omit<RunEnd, keyof Summary | 'type' | 'wallMs'>;

/**
 * The whole programme: targets in, outcomes through, a summary out.
 *
 * @throws What is a bug, and what a list that changed says; but not before `run.end` is told.
 */
export async function run({
	targets,
	strategy,
	context,
	reporter,
	start,
	conclude,
}: Run): Promise<RunEnd> {
	const startMs = nowMs();
	const summary = emptySum();
	let crash: Error | undefined;

	reporter.on({ type: 'run.start', startMs, ...start });
	try {
		for await (const outcome of strategy(targets, context)) {
			addOutcome(summary, outcome);
			reporter.on({ type: 'outcome', outcome });
		}
	} catch (error) {
		crash = error instanceof Error ? error : new Error('not an error was thrown', { cause: error });
	}

	const wallMs = nowMs() - startMs;
	const end: RunEnd = { type: 'run.end', ...summary, wallMs, ...conclude(summary, crash) };
	reporter.on(end);
	await reporter.close?.();
	if (crash !== undefined) {
		throw crash;
	}
	return end;
}
