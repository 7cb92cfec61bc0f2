import { appendFileSync, closeSync, constants, openSync } from 'node:fs';
import type { Output } from '../../reporters/output.ts';
import { profileArguments } from '../../smoke/client/clients.ts';
import type { Host } from '../../smoke/client/run-command.ts';
import { annotations, summaryPart } from '../../smoke/report/github.ts';
import { markdownReport } from '../../smoke/report/markdown.ts';
import type {
	RunResult,
	SmokeEnd,
	SmokeReport,
	SmokeRun,
	SmokeStart,
	SmokeThreshold,
} from '../../smoke/results.ts';
import { runAll } from '../../smoke/run-all.ts';
import { type Judgement, judge } from '../../thresholds/judge.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { CannotRunError, isSystemError, systemReason } from '../../util/errors.ts';
import { VERSION } from '../../util/version.ts';
import { codeOfEnding, codeOfInterruption, EXIT, type ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import type { ReportFiles } from '../report-files.ts';
import type { Events } from './events.ts';
import type { RunProgress } from './progress.ts';
import type { Field } from './run-set.ts';
import { isTimed, warningsOf } from './warnings.ts';

/** Runs wait more than they work: on two cores, four at once take half the time of one after the other. */
const LANES = 4;

export interface SmokeJob {
	readonly field: Field;
	readonly thresholds: readonly Threshold[];
	readonly host: Host;
	readonly io: Io;
	readonly events: Events;
	readonly reports: ReportFiles<[SmokeReport]>;
	/** Where text goes. */
	readonly output: RunProgress;
}

/**
 * Makes the runs, judges them, and reports them.
 *
 * @throws {CannotRunError} When a server could not be started, or there is no place to download to.
 * @throws {ReportError} When a report can no longer be written.
 */
export async function makeRuns(job: SmokeJob): Promise<ExitCode> {
	const { field, thresholds, host, io, events, reports, output } = job;
	const startMs = performance.now();
	const start = startOf(job);
	events.tell(start);
	for (const warning of warningsOf(field, thresholds, io.env)) {
		events.tell(warning);
	}

	output.start(field.runs.length);
	const results = await runAll({
		runs: field.runs,
		lanes: start.lanes,
		conditions: { signal: io.interrupted, host, holdsBodies: !isTimed(thresholds) },
		onStart: (run) => output.runStarted(run),
		onResult(result, run) {
			output.runEnded(run);
			events.tell(runEvent(result));
		},
	})
		.catch(cannotRun)
		.finally(() => output.stop());
	const measured = results.map((result) => result.measured);
	// Half of the runs would make a threshold pass that the other half breaks.
	const judged = io.interrupted.aborted ? [] : thresholds;
	const judgements = judged.map((threshold) => judge(threshold, measured));
	for (const judgement of judgements) {
		events.tell(thresholdEvent(judgement));
	}

	const exitCode = exitCodeOf(results, judgements, io.interrupted);
	const wallMs = performance.now() - startMs;
	const end = endOf({ results, judgements, exitCode, planned: field.runs.length, wallMs });
	const report = events.report(start, end);
	try {
		await reports.write(report);
		await io.flush();
	} catch (error) {
		events.tell({ ...end, passed: false, exitCode: codeOfEnding(error, io.interrupted) });
		throw error;
	}
	events.tell(end);
	tellGithub(report, output, io.env);
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

/** What the system refuses is no bug. */
function cannotRun(error: unknown): never {
	if (isSystemError(error)) {
		throw new CannotRunError(`cannot run: ${systemReason(error)}`, { cause: error });
	}
	throw error;
}

/** Where several apply: interrupted, a bug, a failed check. */
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
	/** Runs that were to be made. */
	readonly planned: number;
	readonly wallMs: number;
}

/** What `run.end` tells. */
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

/** Annotations and the summary of the step, where a GitHub runner is the one who listens. */
function tellGithub(report: SmokeReport, output: Output, env: Io['env']): void {
	if (env['GITHUB_ACTIONS'] !== 'true') {
		return;
	}
	for (const line of annotations(report)) {
		output.write(`${line}\n`);
	}

	const summary = env['GITHUB_STEP_SUMMARY'];
	if (summary === undefined || summary === '') {
		return;
	}
	try {
		append(summary, summaryPart(markdownReport(report)));
	} catch (error) {
		output.write(`::warning title=flagdl smoke::no summary: ${(error as Error).message}\n`);
	}
}

/** A pipe without a reader, or one that is full, is an error: waiting for it would never end. */
function append(path: string, text: string): void {
	const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
	const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
	try {
		appendFileSync(file, text);
	} finally {
		closeSync(file);
	}
}
