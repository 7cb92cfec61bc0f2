import { nowMs, wasNotStarted } from './download/outcome.ts';
import {
	addOutcome,
	countAll,
	emptySum,
	type Reporter,
	type RunEnd,
	type RunEvent,
	type RunStart,
	type Summary,
	type WarningEvent,
} from './events/run-event.ts';
import type { Strategy, StrategyContext } from './strategies/strategy.ts';
import type { Target, Targets } from './targets/target.ts';
import { throwAll } from './util/errors.ts';

export interface Run {
	readonly targets: Targets;
	/** Targets that were not started, once the run has ended early; as many as there is time for. */
	readonly rest: () => AsyncIterable<Target>;
	readonly strategy: Strategy;
	readonly context: StrategyContext;
	/** Those that write files; they are told the end again if it turns out to be another one. */
	readonly files: readonly Reporter[];
	/** What is shown: written to the end before the files get their names. */
	readonly terminal: Reporter;
	/** Those that are told the end last, when no other exit code can come any more. */
	readonly events: Reporter;
	readonly start: Omit<RunStart, 'type' | 'startMs'>;
	/** What should be known before the first request. */
	readonly warnings: readonly WarningEvent[];
	/** Why the run was stopped, if it was. */
	readonly notices: () => readonly WarningEvent[];
	/** What the run has cost; asked once, after the last outcome. */
	readonly cost: () => Pick<RunEnd, 'cpuMs' | 'maxRssBytes' | 'eventLoopDelay'>;
	/** How the run ends. @param failures - What escaped from it, and from writing about it. */
	readonly exitCode: (summary: Summary, failures: readonly Error[]) => number;
}

/**
 * The whole programme: targets in, outcomes through, a summary out.
 *
 * @throws What is a bug, what a list that changed says, and what could not be written; but not before
 *   `run.end` is told; several of them as an `AggregateError`.
 */
export async function run(given: Run): Promise<RunEnd> {
	const { files, terminal, events } = given;
	const reporters = [...files, terminal, events];
	const tell = (event: RunEvent) => {
		for (const reporter of reporters) {
			reporter.on(event);
		}
	};
	const { end, failure } = await download(given, tell);

	const failures = failure === undefined ? [] : [failure];
	const endNow = (): RunEnd => ({ ...end, exitCode: given.exitCode(end, failures) });
	const attempt = async (work: Promise<void> | undefined) => {
		await work?.catch((error: unknown) => failures.push(asError(error)));
	};
	for (const file of files) {
		file.on(endNow());
		await attempt(file.flush?.());
	}
	terminal.on(endNow());
	await attempt(terminal.close?.());
	for (const file of files) {
		file.on(endNow());
		await attempt(file.close?.());
	}
	const told = endNow();
	events.on(told);
	throwAll(failures);
	return told;
}

/** From the first target to the last outcome. */
async function download(
	given: Run,
	tell: (event: RunEvent) => void,
): Promise<{ readonly end: Omit<RunEnd, 'exitCode'>; readonly failure: Error | undefined }> {
	const startMs = nowMs();
	const summary = emptySum();
	let notStarted = 0;
	let failure: Error | undefined;

	tell({ type: 'run.start', startMs, ...given.start });
	for (const warning of given.warnings) {
		tell(warning);
	}
	try {
		for await (const outcome of given.strategy(given.targets, given.context)) {
			addOutcome(summary, outcome);
			notStarted += wasNotStarted(outcome) ? 1 : 0;
			tell({ type: 'outcome', outcome });
		}
	} catch (error) {
		failure = asError(error);
	}
	const wallMs = nowMs() - startMs;
	const left = Math.max(0, (given.start.targets ?? 0) - countAll(summary.totals));
	if (left > 0) {
		summary.totals.cancelled += left;
		notStarted += left;
		try {
			for await (const target of given.rest()) {
				tell({ type: 'not_started', target });
			}
		} catch (error) {
			failure ??= asError(error);
		}
	}

	for (const notice of given.notices()) {
		tell(notice);
	}
	return {
		end: { type: 'run.end', ...summary, notStarted, wallMs, ...given.cost() },
		failure,
	};
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error('not an error was thrown', { cause: error });
}
