/** What a run of flagdl says of itself, by its events. */
export interface Said {
	/** By id of the target. */
	readonly outcomes: ReadonlyMap<string, SaidOutcome>;
	/** `run.end`; absent where it never came. */
	readonly end?: SaidEnd;
	/** What is wrong with the events themselves. */
	readonly problems: readonly string[];
}

export interface SaidOutcome {
	readonly id: string;
	readonly status: string;
	readonly dest: string;
	readonly bytes: number;
	readonly requests: number;
	readonly retries: number;
	readonly startMs: number;
	readonly endMs: number;
	readonly error?: { readonly code: string; readonly message: string };
	readonly attempts?: readonly {
		readonly startMs: number;
		readonly headersMs?: number;
		readonly endMs: number;
	}[];
}

export interface SaidEnd {
	readonly totals: Readonly<Record<string, number>>;
	readonly requests: number;
	readonly retries: number;
	readonly bytes: number;
	readonly wallMs: number;
	readonly cpuMs: number;
	readonly maxRssBytes: number;
	readonly exitCode: number;
}
