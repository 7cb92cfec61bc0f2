import type { Totals } from '../events/run-event.ts';

/** Changes when a program that reads the results would have to. */
export const RESULTS_VERSION = 1;

/** Everything that a bench has measured, and nothing that was made of it. Plain data. */
export interface Measured {
	readonly v: typeof RESULTS_VERSION;
	/** Version of flagdl. */
	readonly version: string;
	/** ISO 8601, UTC. */
	readonly startedAt: string;
	readonly endedAt: string;
	/** A command line that does the same again. */
	readonly command: string;
	/** Interrupted: the last round has not all its runs. */
	readonly partial: boolean;
	readonly quick: boolean;
	readonly rounds: number;
	/** Of the order within the rounds, and of the scenario. */
	readonly seed: number;
	readonly work: WorkDone;
	readonly environment: Environment;
	readonly cells: readonly Cell[];
	/** In the order in which they ran; warm-up is not among them. */
	readonly runs: readonly Run[];
	/** What should be known of the whole: peers that are not there, a log that was cut. */
	readonly notes: readonly string[];
}

/** What every run had to do. */
export interface WorkDone {
	/** In the order of the list. */
	readonly files: readonly WorkFile[];
	/** Absent for a server that somebody else runs. */
	readonly scenario?: WorkScenario;
	/** Requests per window that flagdl was told not to exceed. */
	readonly rate?: { readonly requests: number; readonly windowMs: number };
}

export interface WorkFile {
	readonly id: string;
	/** Path for the bundled server, the whole URL for others. */
	readonly url: string;
	/** Of the true content, where it is known beforehand. */
	readonly bytes?: number;
}

export interface WorkScenario {
	readonly name: string;
	readonly description: string;
	/** Requests let in within any window. */
	readonly rate?: { readonly requests: number; readonly windowMs: number };
	readonly planned: Planned;
}

/** What the scenario leads to, known before the first run. */
export interface Planned {
	/** Attempts that each rule claims if every file is tried until it is there or hopeless, by rule. */
	readonly faults: Readonly<Record<string, number>>;
	/** Files that can be had. */
	readonly ok: number;
	/** Whether order or time decides as well. */
	readonly exact: boolean;
	/** The schedule of the planned latencies with no back-off, in milliseconds, by number of slots. */
	readonly idealMs: Readonly<Record<string, number>>;
}

/** The machine, as far as it bears on the numbers. */
export interface Environment {
	readonly node: string;
	readonly platform: string;
	readonly cpu: string;
	/** Processors that may be used. */
	readonly cores: number;
	readonly memoryBytes: number;
	/** Load of the last minute before the first run; absent where the system has none. */
	readonly loadBefore?: number;
	/** How much later than asked a timer of 10 ms fires here, the median of some. */
	readonly timerLatenessMs: number;
}

/** A strategy or a peer at one concurrency. */
export interface Cell {
	/** `async@8`. */
	readonly id: string;
	/** What it is called in tables: a strategy, `async (2)`, a peer. */
	readonly name: string;
	readonly kind: 'strategy' | 'peer';
	readonly concurrency: number;
	/** Worker threads, for the strategy that has them. */
	readonly threads?: number;
	/** Processor time of a run of one file, in milliseconds: what its start costs. */
	readonly startCpuMs?: number;
}

/**
 * `incomplete`: some file that others got is missing. `failed`: it crashed, or what it saved is
 * wrong. Neither is averaged in.
 */
export type RunStatus = 'ok' | 'incomplete' | 'failed';

/** One run of a cell: a process of its own. Times in milliseconds. */
export interface Run {
	/** From 1. */
	readonly round: number;
	/** In its round, from 1. */
	readonly place: number;
	readonly cell: string;
	readonly status: RunStatus;
	/** Files on disk at its end. */
	readonly files: number;
	/** Why it is not ok. */
	readonly failure?: string;
	/** The end of what it wrote to standard error; only where it is not ok. */
	readonly log?: string;
	/** From first request to last file. */
	readonly wallMs?: number;
	/** From the start of the run to its first request: the pool. */
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

/** What a run meant to the server. */
export interface ServerShare {
	/** Busy time of its event loop over the wall time of the run. */
	readonly utilization: number;
	readonly requests: number;
	/** By a limit. */
	readonly refused: number;
	readonly maxInFlight: number;
}

/** One request. Times in milliseconds from the first request of its run. */
export interface RunAttempt {
	/** Index in `work.files`. */
	readonly file: number;
	/** From 1, for each file. */
	readonly number: number;
	/** Without a slot: since the file was taken up, or since its last request (back-off, pause, queue). */
	readonly waitedMs: number;
	readonly startMs: number;
	readonly connectedMs?: number;
	/** Whether its connection had served before. */
	readonly reused?: boolean;
	readonly headersMs?: number;
	readonly bodyMs?: number;
	readonly writtenMs?: number;
	readonly endMs: number;
	readonly status?: number;
	readonly bytes: number;
	/** What the server says it took, from request to headers. */
	readonly servedMs?: number;
	/** Of the failure. */
	readonly code?: string;
	/** The rule of the scenario that claimed it. */
	readonly rule?: string;
	/** Refused by a limit of the server. */
	readonly refused?: true;
	/** What the scenario makes its body take beyond its headers. */
	readonly transferMs?: number;
	/** For a peer, whose own times nobody knows: the connection, of the server's log. */
	readonly connection?: number;
}
