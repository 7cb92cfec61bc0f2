import type { Totals } from '../events/run-event.ts';

/** Changes with every change that breaks a program which reads the results. */
export const RESULTS_VERSION = 1;

/** Everything that a bench has measured, without the analysis. Plain data. */
export interface Measured {
	readonly v: typeof RESULTS_VERSION;
	/** Version of flagdl. */
	readonly version: string;
	/** ISO 8601, UTC. */
	readonly startedAt: string;
	readonly endedAt: string;
	/** A command line that repeats the bench. */
	readonly command: string;
	/** True if the bench was interrupted, so that the last round lacks runs. */
	readonly partial: boolean;
	readonly quick: boolean;
	readonly rounds: number;
	/** Seed of the order within the rounds, and of the scenario. */
	readonly seed: number;
	readonly work: WorkDone;
	readonly environment: Environment;
	readonly cells: readonly Cell[];
	/** In the order in which they ran, without the warm-up. */
	readonly runs: readonly Run[];
	/** Remarks on the whole bench, such as peers that are not installed. */
	readonly notes: readonly string[];
}

/** The work of every run. */
export interface WorkDone {
	/** In the order of the list. */
	readonly files: readonly WorkFile[];
	/** Absent if the files are on other servers than the bundled one. */
	readonly scenario?: WorkScenario;
	/** Limit of requests per window given to flagdl. */
	readonly rate?: { readonly requests: number; readonly windowMs: number };
}

export interface WorkFile {
	readonly id: string;
	/** Path on the bundled server, or the whole URL on others. */
	readonly url: string;
	/** Size of the correct content, if it is known beforehand. */
	readonly bytes?: number;
}

export interface WorkScenario {
	readonly name: string;
	readonly description: string;
	/** Limit of requests within any window. */
	readonly rate?: { readonly requests: number; readonly windowMs: number };
	readonly planned: Planned;
}

/** The plan of the scenario, computed before the first run. */
export interface Planned {
	/** Attempts that each rule claims if every file is tried until it is saved or has failed for good, by rule. */
	readonly faults: Readonly<Record<string, number>>;
	/** Files that can be downloaded. */
	readonly ok: number;
	/** False if order or time decides as well. */
	readonly exact: boolean;
	/** Length of the schedule of the planned latencies without back-off, in milliseconds, by number of slots. */
	readonly idealMs: Readonly<Record<string, number>>;
}

/** The machine, as far as it affects the numbers. */
export interface Environment {
	readonly node: string;
	readonly platform: string;
	readonly cpu: string;
	/** Usable processors. */
	readonly cores: number;
	readonly memoryBytes: number;
	/** Load average of the minute before the first run; absent if the system has none. */
	readonly loadBefore?: number;
	/** Median lateness of a 10 ms timer. */
	readonly timerLatenessMs: number;
}

/** A strategy or a peer at one concurrency. */
export interface Cell {
	/** `async@8`. */
	readonly id: string;
	/** Name in tables: a strategy, `async (2)`, or a peer. */
	readonly name: string;
	readonly kind: 'strategy' | 'peer';
	readonly concurrency: number;
	/** Worker threads of the strategy `threads`. */
	readonly threads?: number;
	/** Processor time of a run with one file, in milliseconds: the cost of a start. */
	readonly startCpuMs?: number;
}

/**
 * `incomplete`: a file that other runs saved is missing. `failed`: it crashed, or a saved file is wrong.
 * Averages leave both out.
 */
export type RunStatus = 'ok' | 'incomplete' | 'failed';

/** One run of a cell, in its own process. Times in milliseconds. */
export interface Run {
	/** From 1. */
	readonly round: number;
	/** Position in its round, from 1. */
	readonly place: number;
	readonly cell: string;
	readonly status: RunStatus;
	/** Files on disk after the run. */
	readonly files: number;
	/** Why the run is not ok. */
	readonly failure?: string;
	/** The end of its standard error, if it is not ok. */
	readonly log?: string;
	/** From first request to last file. */
	readonly wallMs?: number;
	/** From the start of the run to its first request, which includes the start of threads. */
	readonly startUpMs?: number;
	/** From the start of the process to its end. */
	readonly processMs: number;
	readonly cpuMs?: number;
	readonly maxRssBytes?: number;
	readonly eventLoopDelay?: {
		readonly p50Ms: number;
		readonly p99Ms: number;
		readonly maxMs: number;
	};
	readonly totals?: Totals;
	readonly requests?: number;
	readonly retries?: number;
	readonly bytes?: number;
	readonly connections?: number;
	readonly server?: ServerShare;
	readonly attempts: readonly RunAttempt[];
}

/** The load of a run on the server. */
export interface ServerShare {
	/** Busy time of the event loop over the wall time of the run. */
	readonly utilization: number;
	readonly requests: number;
	/** Requests refused by a limit. */
	readonly refused: number;
	readonly maxInFlight: number;
}

/** One request. Times in milliseconds from the first request of its run. */
export interface RunAttempt {
	/** Index in `work.files`. */
	readonly file: number;
	/** From 1, for each file. */
	readonly number: number;
	/** Time without a slot: since the start of the file, or since its last request (back-off, pause, queue). */
	readonly waitedMs: number;
	readonly startMs: number;
	readonly connectedMs?: number;
	/** Whether its connection was reused. */
	readonly reused?: boolean;
	readonly headersMs?: number;
	readonly bodyMs?: number;
	readonly writtenMs?: number;
	readonly endMs: number;
	readonly status?: number;
	readonly bytes: number;
	/** Time from request to headers on the server. */
	readonly servedMs?: number;
	/** Code of the failure. */
	readonly code?: string;
	/** The rule of the scenario that claimed it. */
	readonly rule?: string;
	/** Refused by a limit of the server. */
	readonly refused?: true;
	/** Time that the scenario adds between headers and the end of the body. */
	readonly transferMs?: number;
	/** Connection in the server's log; only for peers, which report no times of their own. */
	readonly connection?: number;
}
