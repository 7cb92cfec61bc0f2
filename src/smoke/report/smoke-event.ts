import type { Judgement } from '../../thresholds/judge.ts';
import type { Labels } from '../../thresholds/metrics.ts';
import type { RunResult } from '../run-result.ts';

/** What `flagdl smoke` tells, in order: `smoke.start` first, `run.end` last, whatever happens. */
export type SmokeEvent = SmokeStart | SmokeRun | SmokeThreshold | SmokeWarning | SmokeEnd;

export interface SmokeStart {
	readonly type: 'smoke.start';
	/** Version of flagdl. */
	readonly version: string;
	/** Milliseconds since the Unix epoch. */
	readonly startMs: number;
	/** The server that is tested; absent where flagdl's own is the judge. */
	readonly server?: string;
	/** Each scenario with its seed; empty with a server of one's own. */
	readonly scenarios: readonly ScenarioSummary[];
	/** Labels of every run that will be made. */
	readonly runs: readonly Labels[];
	/** Command lines of other clients, by name. */
	readonly clients: Readonly<Record<string, string>>;
	/** What the client is told about time-outs and retries, as arguments of `flagdl get`. */
	readonly profile: readonly string[];
	/** Runs at once. */
	readonly lanes: number;
}

export interface ScenarioSummary {
	readonly name: string;
	readonly seed: number;
	/** What each rule does, by its id: a line for people. */
	readonly rules: Readonly<Record<string, string>>;
}

export interface SmokeRun extends Omit<RunResult, 'measured'> {
	readonly type: 'smoke.run';
	readonly passed: boolean;
}

export interface SmokeThreshold {
	readonly type: 'threshold';
	readonly text: string;
	readonly why?: string;
	readonly verdict: Judgement['verdict'];
	readonly runs: Judgement['runs'];
}

export interface SmokeWarning {
	readonly type: 'warning';
	/** Stable, for programs: `shared_machine`. */
	readonly code: string;
	readonly message: string;
}

export interface SmokeEnd {
	readonly type: 'run.end';
	/** False where a run was not as it should be, a threshold was missed, or it did not come to its end. */
	readonly passed: boolean;
	readonly runs: { readonly passed: number; readonly failed: number; readonly unmade: number };
	readonly thresholds: Readonly<Record<Judgement['verdict'], number>>;
	readonly wallMs: number;
	readonly exitCode: number;
}

/** Everything that was told, for reports that are written at the end. */
export interface SmokeReport {
	readonly start: SmokeStart;
	readonly runs: readonly SmokeRun[];
	readonly thresholds: readonly SmokeThreshold[];
	readonly warnings: readonly SmokeWarning[];
	readonly end: SmokeEnd;
}
