import { profileArguments } from '../../smoke/client/clients.ts';
import type { Host } from '../../smoke/client/run-command.ts';
import { reportToGithub } from '../../smoke/report/github.ts';
import type {
	RunResult,
	SmokeEnd,
	SmokeEvent,
	SmokeReport,
	SmokeRun,
	SmokeStart,
	SmokeThreshold,
	SmokeWarning,
} from '../../smoke/results.ts';
import { runAll } from '../../smoke/run-all.ts';
import { type Judgement, judge } from '../../thresholds/judge.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { CannotRunError, isSystemError, systemReason } from '../../util/errors.ts';
import { VERSION } from '../../util/version.ts';
import { codeOfEnding, codeOfInterruption, EXIT, type ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import type { ReportFiles } from '../report-files.ts';
import type { RunProgress } from './progress.ts';
import type { Field } from './run-set.ts';
import { isTimed, warningsOf } from './run-set.ts';

/** Runs mostly wait: on two cores, four at once take half the time of a sequence. */
const LANES = 4;

export interface SmokeJob {
	readonly field: Field;
	readonly thresholds: readonly Threshold[];
	readonly host: Host;
	readonly io: Io;
	readonly events: Events;
	readonly reports: ReportFiles<[SmokeReport]>;
	/** Where text output is written. */
	readonly output: RunProgress;
}

/**
 * Executes the runs, judges them, and reports them.
 *
 * @throws {CannotRunError} If a server could not be started, or there is no directory to download to.
 * @throws {ReportError} If a report can no longer be written.
 */
export async function makeRuns(job: SmokeJob): Promise<ExitCode> {
	const { field, thresholds, host, io, events, reports, output } = job;
	const startMs = performance.now();
	const start = startOf(job);
	events.emit(start);
	for (const warning of warningsOf(field, thresholds, io.env)) {
		events.emit(warning);
	}

	output.start(field.runs.length);
	const results = await runAll({
		runs: field.runs,
		lanes: start.lanes,
		conditions: { signal: io.interrupted, host, holdsBodies: !isTimed(thresholds) },
		onStart: (run) => output.runStarted(run),
		onResult(result, run) {
			output.runEnded(run);
			events.emit(runEvent(result));
		},
	})
		.catch(cannotRun)
		.finally(() => output.stop());
	const measured = results.map((result) => result.measured);
	// A threshold must not pass on half of the runs.
	const judged = io.interrupted.aborted ? [] : thresholds;
	const judgements = judged.map((threshold) => judge(threshold, measured));
	for (const judgement of judgements) {
		events.emit(thresholdEvent(judgement));
	}

	const exitCode = exitCodeOf(results, judgements, io.interrupted);
	const wallMs = performance.now() - startMs;
	const end = endOf({ results, judgements, exitCode, planned: field.runs.length, wallMs });
	const report = events.report(start, end);
	try {
		await reports.write(report);
		await io.flush();
	} catch (error) {
		events.emit({ ...end, passed: false, exitCode: codeOfEnding(error, io.interrupted) });
		throw error;
	}
	events.emit(end);
	reportToGithub(report, output, io.env);
	return exitCode;
}

function startOf({ field, thresholds }: SmokeJob): SmokeStart {
	const { runs, profile, about, mayOverlap } = field;
	return {
		type: 'smoke.start',
		version: VERSION,
		startMs: Date.now(),
		...about,
		runs: runs.map(({ labels }) => labels),
		profile: profileArguments(profile),
		lanes: mayOverlap && !isTimed(thresholds) ? Math.min(LANES, runs.length) : 1,
	};
}

function runEvent({ measured: _measures, ...result }: RunResult): SmokeRun {
	return { type: 'smoke.run', passed: result.findings.length === 0, ...result };
}

function thresholdEvent({ threshold, verdict, runs }: Judgement): SmokeThreshold {
	const { text, why } = threshold;
	return { type: 'threshold', text, ...(why !== undefined && { why }), verdict, runs };
}

/** System errors are not bugs. */
function cannotRun(error: unknown): never {
	if (isSystemError(error)) {
		throw new CannotRunError(`cannot run: ${systemReason(error)}`, { cause: error });
	}
	throw error;
}

/** Precedence: interrupted, then a bug, then a failed check. */
function exitCodeOf(
	results: readonly RunResult[],
	judgements: readonly Judgement[],
	interrupted: AbortSignal,
): ExitCode {
	if (interrupted.aborted) {
		return codeOfInterruption(interrupted) ?? EXIT.bug;
	}
	const failed =
		results.some(({ findings }) => findings.length > 0) ||
		judgements.some(({ verdict }) => verdict === 'fail');
	return failed ? EXIT.checkFailed : EXIT.ok;
}

export interface CompletedRuns {
	readonly results: readonly RunResult[];
	readonly judgements: readonly Judgement[];
	readonly exitCode: ExitCode;
	readonly planned: number;
	readonly wallMs: number;
}

export function endOf({ results, judgements, exitCode, planned, wallMs }: CompletedRuns): SmokeEnd {
	const passed = results.filter(({ findings }) => findings.length === 0).length;
	const count = (verdict: Judgement['verdict']) =>
		judgements.filter((judgement) => judgement.verdict === verdict).length;
	return {
		type: 'run.end',
		passed: exitCode === EXIT.ok,
		runs: { passed, failed: results.length - passed, unmade: planned - results.length },
		thresholds: { pass: count('pass'), fail: count('fail'), inconclusive: count('inconclusive') },
		wallMs,
		exitCode,
	};
}

/** Forwards events as they arrive, and keeps them for the final reports. */
export class Events {
	readonly #listeners: readonly ((event: SmokeEvent) => void)[];
	readonly #emitted: SmokeEvent[] = [];

	constructor(listeners: readonly ((event: SmokeEvent) => void)[]) {
		this.#listeners = listeners;
	}

	emit(event: SmokeEvent): void {
		this.#emitted.push(event);
		for (const listen of this.#listeners) {
			listen(event);
		}
	}

	get ended(): boolean {
		return this.#emitted.at(-1)?.type === 'run.end';
	}

	/** All events between start and end. */
	report(start: SmokeStart, end: SmokeEnd): SmokeReport {
		const of = <T extends SmokeEvent>(type: T['type']) =>
			this.#emitted.filter((event): event is T => event.type === type);
		// Events come in order of completion; reports list runs in the order requested.
		const order = start.runs.map((labels) => JSON.stringify(labels));
		const place = ({ labels }: SmokeRun) => order.indexOf(JSON.stringify(labels));
		return {
			start,
			runs: of<SmokeRun>('smoke.run').sort((one, other) => place(one) - place(other)),
			thresholds: of<SmokeThreshold>('threshold'),
			warnings: of<SmokeWarning>('warning'),
			end,
		};
	}
}
