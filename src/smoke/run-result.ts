import type { Labels, Measured } from '../thresholds/metrics.ts';
import type { Finding } from './finding.ts';

/** What became of one run of `flagdl smoke`. Plain data, but for the measures. */
export interface RunResult {
	readonly labels: Labels;
	/** Worst first; empty where everything is as it should be. */
	readonly findings: readonly Finding[];
	readonly targets: readonly TargetResult[];
	readonly counts: Counts;
	readonly exitCode?: number;
	readonly signal?: string;
	readonly wallMs: number;
	/** Of the client; only where something was found. */
	readonly lastOutput?: string;
	readonly measured: Measured;
}

/** One target as a test case. */
export interface TargetResult {
	readonly id: string;
	/** Attempts that failed and were made good. */
	readonly recovered: number;
	readonly rules: readonly string[];
	/** Milliseconds; 0 where nobody measured. */
	readonly wallMs: number;
}

export interface Counts {
	readonly targets: number;
	/** Files that are there with the right bytes. */
	readonly right: number;
	/** Targets that did not end as planned. */
	readonly planDiff: number;
	/** HTTP requests that the server had. */
	readonly requests: number;
	/** Targets that were made good by another attempt. */
	readonly recovered: number;
}
