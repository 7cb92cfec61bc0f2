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
	/** Targets that were not started, if the run has ended early; as many as time allows. */
	readonly rest: () => AsyncIterable<Target>;
	readonly strategy: Strategy;
	readonly context: StrategyContext;
	/** Reporters that write files; they receive `run.end` again in case the exit code has changed. */
	readonly files: readonly Reporter[];
	/** Output to the terminal; completed before the files get their final names. */
	readonly terminal: Reporter;
	/** Receives `run.end` last, when the exit code is final. */
	readonly events: Reporter;
	readonly start: Omit<RunStart, 'type' | 'startMs'>;
	/** Reported before the first request. */
	readonly warnings: readonly WarningEvent[];
	/** Why the run was stopped, if it was. */
	readonly notices: () => readonly WarningEvent[];
	/** Resource usage of the run; called once, after the last outcome. */
	readonly cost: () => Pick<RunEnd, 'cpuMs' | 'maxRssBytes' | 'eventLoopDelay'>;
	/** @param failures - Errors of the run and of its reporters. */
	readonly exitCode: (summary: Summary, failures: readonly Error[]) => number;
}

/**
 * Runs the strategy on the targets, passes each outcome to the reporters, and returns the summary.
 *
 * @throws After `run.end` has been reported: bugs, errors of a changed list, and failed writes; several as an
 *   `AggregateError`.
 */
export async function run(given: Run): Promise<RunEnd> {
	const { files, terminal, events } = given;
	const reporters = [...files, terminal, events];
	const report = (event: RunEvent) => {
		for (const reporter of reporters) {
			reporter.on(event);
		}
	};
	const { end, failure } = await download(given, report);

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
	const final = endNow();
	events.on(final);
	throwAll(failures);
	return final;
}

/** From the first target to the last outcome. */
async function download(
	given: Run,
	report: (event: RunEvent) => void,
): Promise<{ readonly end: Omit<RunEnd, 'exitCode'>; readonly failure: Error | undefined }> {
	const startMs = nowMs();
	const summary = emptySum();
	let notStarted = 0;
	let failure: Error | undefined;

	report({ type: 'run.start', startMs, ...given.start });
	for (const warning of given.warnings) {
		report(warning);
	}
	try {
		for await (const outcome of given.strategy(given.targets, given.context)) {
			addOutcome(summary, outcome);
			notStarted += wasNotStarted(outcome) ? 1 : 0;
			report({ type: 'outcome', outcome });
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
				report({ type: 'not_started', target });
			}
		} catch (error) {
			failure ??= asError(error);
		}
	}

	for (const notice of given.notices()) {
		report(notice);
	}
	return {
		end: { type: 'run.end', ...summary, notStarted, wallMs, ...given.cost() },
		failure,
	};
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error('not an error was thrown', { cause: error });
}
