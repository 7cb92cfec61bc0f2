import type { Output } from '../../reporters/output.ts';
import { profileArguments } from '../../smoke/clients.ts';
import type { Host } from '../../smoke/host.ts';
import type { SmokeRun, SmokeStart, SmokeThreshold } from '../../smoke/report/smoke-event.ts';
import { runAll } from '../../smoke/run-all.ts';
import type { RunResult } from '../../smoke/run-result.ts';
import { type Judgement, judge } from '../../thresholds/judge.ts';
import { isTiming } from '../../thresholds/metrics.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { CannotRunError, isSystemError } from '../../util/errors.ts';
import { VERSION } from '../../util/version.ts';
import { codeOfEnding } from '../code-of-error.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { endOf, exitCodeOf } from './end.ts';
import type { Events } from './events.ts';
import type { Field } from './field.ts';
import type { Reports } from './open-reports.ts';
import { tellGithub } from './tell-github.ts';
import { warningsOf } from './warnings.ts';

/** Runs wait more than they work: on two cores, four at once take half the time of one after the other. */
const LANES = 4;

export interface Undertaking {
	readonly field: Field;
	readonly thresholds: readonly Threshold[];
	readonly host: Host;
	readonly io: Io;
	readonly events: Events;
	readonly reports: Reports;
	/** Where text goes. */
	readonly output: Output;
}

/**
 * Makes the runs, judges them, and tells everybody.
 *
 * @throws {CannotRunError} When a server could not be started, or there is no place to download to.
 * @throws {ReportError} When a report can no longer be written.
 */
export async function makeRuns(undertaking: Undertaking): Promise<ExitCode> {
	const { field, thresholds, host, io, events, reports, output } = undertaking;
	const startMs = performance.now();
	const start = startOf(undertaking);
	events.tell(start);
	for (const warning of warningsOf(thresholds, io.env)) {
		events.tell(warning);
	}

	const results = await runAll({
		runs: field.runs.map(({ make }) => make),
		lanes: start.lanes,
		conditions: { signal: io.interrupted, host },
		onResult: (result) => events.tell(runEvent(result)),
	}).catch(cannotRun);
	const interruption: unknown = io.interrupted.reason;
	// Half of the runs would make a threshold pass that the other half breaks.
	const judgements =
		interruption === undefined
			? thresholds.map((one) =>
					judge(
						one,
						results.map(({ measured }) => measured),
					),
				)
			: [];
	for (const judgement of judgements) {
		events.tell(thresholdEvent(judgement));
	}

	const exitCode = exitCodeOf({ results, judgements, interruption });
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

function startOf({ field, thresholds }: Undertaking): SmokeStart {
	const { runs, profile, about, mayOverlap } = field;
	const timed = thresholds.some(({ metric }) => isTiming(metric));
	return {
		type: 'smoke.start',
		version: VERSION,
		startMs: Date.now(),
		...about,
		runs: runs.map(({ labels }) => labels),
		profile: profileArguments(profile),
		lanes: mayOverlap && !timed ? Math.min(LANES, runs.length) : 1,
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
		throw new CannotRunError(`cannot run: ${error.message}`, { cause: error });
	}
	throw error;
}
