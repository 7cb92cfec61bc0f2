import type { Scenario } from '../scenarios/scenario.ts';
import type { ContentSource } from '../server/content/content-source.ts';
import type { Labels } from '../thresholds/metrics.ts';
import type { Place } from './client/command-line.ts';

/** One run to make: a client against a server. */
export interface RunSpec {
	readonly labels: Labels;
	/** How the server is to behave. */
	readonly scenario: Scenario;
	/** Whether the server speaks HTTPS, with a certificate made for the run. */
	readonly tls: boolean;
	/** What the server has. */
	readonly source: ContentSource;
	/** Codes of flags in upper case, or paths. */
	readonly targets: readonly string[];
	readonly client: Client;
	readonly profile: Profile;
}

/** What is run. */
export interface Client {
	/** Whether it writes the events of `flagdl get --json` to standard output. */
	readonly speaksEvents: boolean;
	commandFor(place: Place): readonly [file: string, ...args: string[]] | string;
}

/** What a client is told about retries and time-outs, and what the plan supposes. */
export interface Profile {
	readonly retries: number;
	readonly concurrency: number;
	readonly stallTimeMs: number;
	/** Absent: no limit. */
	readonly maxTimeMs?: number | undefined;
	readonly retryMaxTimeMs: number;
	/** Of one run, from start to end. */
	readonly timeoutMs: number;
}
