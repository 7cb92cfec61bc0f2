/** How the mock server behaves, units resolved. Plain data: it crosses threads. */
export interface Scenario {
	readonly name: string;
	readonly description: string;
	readonly seed: number;
	/** Time from request to headers of every answer under `/flags/`; absent: none. */
	readonly latency?: Latency;
	readonly limits: Limits;
	/** In file order: the first that claims an attempt decides its fault. */
	readonly rules: readonly Rule[];
	readonly expect?: Expectation;
}

export type Latency =
	| { readonly dist: 'constant'; readonly ms: number }
	| { readonly dist: 'uniform'; readonly minMs: number; readonly maxMs: number }
	| {
			readonly dist: 'log-normal';
			readonly p50Ms: number;
			readonly p99Ms: number;
			/** Larger draws are cut to this. */
			readonly maxMs?: number;
	  };

/** What the server refuses or slows down whatever the rules say. All but bandwidth depend on order or time. */
export interface Limits {
	/** Of each connection. */
	readonly bytesPerSecond?: number;
	readonly rate?: RateLimit;
	/** Further connections are reset. */
	readonly maxConnections?: number;
	/** Further requests are answered with 503 and `Retry-After: 1`. */
	readonly maxInFlight?: number;
}

/** A sliding window: never more than `requests` are let in within any `windowMs`. */
export interface RateLimit {
	readonly requests: number;
	readonly windowMs: number;
	/** `Retry-After` of the 429, in whole seconds; absent: no such field. */
	readonly retryAfterSeconds?: number;
}

export interface Rule {
	/** Part of the hash: renaming a rule rolls its dice anew, and no other rule's. */
	readonly id: string;
	readonly match?: Match;
	/** Absent: every attempt that matches. */
	readonly select?: Selection;
	readonly attempts: AttemptRange;
	/** `then` in the document. */
	readonly action: Action;
}

/** Both must hold where both are there. */
export interface Match {
	/** Glob on the path: `*` within a segment, `**` across segments, `?` one character. */
	readonly path?: string;
	/** Country codes, lower case. */
	readonly codes?: readonly string[];
}

/** `probability` of each attempt; or `exactly` so many flags of all that match, those with the lowest hash. */
export type Selection = { readonly probability: number } | { readonly exactly: number };

/** Numbers of attempts, counted from 1 for each run and path. */
export interface AttemptRange {
	readonly from: number;
	/** Inclusive; absent: no end. */
	readonly to?: number;
}

/** Where in an answer something happens. */
export type Phase = 'before-headers' | 'after-headers' | BodyPhase;

/** After this much of the body; never after all of it. */
export type BodyPhase = { readonly fraction: number } | { readonly bytes: number };

export type Action = Modifier | Fault;

/** Slows an attempt down without claiming it. */
export type Modifier =
	| { readonly type: 'delay'; readonly time: Latency; readonly at: Phase }
	| { readonly type: 'bandwidth'; readonly bytesPerSecond: number };

/** Claims an attempt. `digest: false` withholds the `Repr-Digest` that would give the lie away. */
export type Fault =
	| { readonly type: 'status'; readonly status: number; readonly retryAfter?: RetryAfter }
	| { readonly type: 'reset' | 'close' | 'stall'; readonly at: Phase }
	| {
			readonly type: 'truncate';
			readonly at: BodyPhase;
			readonly framing: Framing;
			readonly digest: boolean;
	  }
	| { readonly type: 'malformed'; readonly what: Malformation }
	| { readonly type: 'corrupt'; readonly count: number; readonly digest: boolean }
	| { readonly type: 'substitute'; readonly with: Substitute; readonly digest: boolean }
	| {
			readonly type: 'redirect';
			readonly status: 301 | 302 | 303 | 307 | 308;
			/** Absent: a loop. */
			readonly hops?: number;
	  }
	| { readonly type: 'keepalive-race' };

export interface RetryAfter {
	/** Whole seconds. */
	readonly seconds: number;
	readonly form: 'seconds' | 'date';
}

export type Framing = 'content-length' | 'chunked' | 'close-delimited';

export type Malformation =
	| 'chunk'
	| 'status-line'
	| 'headers-too-large'
	| 'content-length-too-small'
	| 'content-length-too-large'
	| 'content-encoding';

export type Substitute = 'html-200' | 'empty-200' | 'no-content-204' | 'other-file' | 'wrong-type';

/** What a correct client must end with; compared with the plan by `flagdl scenario check`. */
export interface Expectation {
	/** Absent: all flags. */
	readonly codes?: readonly string[];
	/** Absent: 3. */
	readonly retries?: number;
	readonly ok?: number;
	readonly notFound?: number;
	readonly error?: number;
	readonly requests?: number;
}
