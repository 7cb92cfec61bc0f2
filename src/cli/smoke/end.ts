import type { SmokeEnd } from '../../smoke/report/smoke-event.ts';
import type { RunResult } from '../../smoke/run-result.ts';
import type { Judgement } from '../../thresholds/judge.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { Interrupted } from '../io.ts';

export interface Ending {
	readonly results: readonly RunResult[];
	readonly judgements: readonly Judgement[];
	/** Why `io.interrupted` was aborted, if it was. */
	readonly interruption?: unknown;
}

/** Where several apply: interrupted, a bug, a failed check. */
export function exitCodeOf({ results, judgements, interruption }: Ending): ExitCode {
	if (interruption instanceof Interrupted) {
		return interruption.exitCode;
	}
	if (interruption !== undefined) {
		return EXIT.bug;
	}
	const failed =
		results.some(({ findings }) => findings.length > 0) ||
		judgements.some(({ verdict }) => verdict === 'fail');
	return failed ? EXIT.checkFailed : EXIT.ok;
}

export interface Circumstances extends Omit<Ending, 'interruption'> {
	readonly exitCode: ExitCode;
	/** Runs that were to be made. */
	readonly planned: number;
	readonly wallMs: number;
}

/** What `run.end` tells. */
export function endOf({ results, judgements, exitCode, planned, wallMs }: Circumstances): SmokeEnd {
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
