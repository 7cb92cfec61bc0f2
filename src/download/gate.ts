/**
 * The gate of every origin: who may ask it now. One for a whole run, over all its workers.
 *
 * A request takes a permit before it starts and hands it back with what came of it.
 */
export interface Gate {
	/** A permit at once where nothing holds this origin back; otherwise undefined: use `enter`. */
	tryEnter(origin: string): Permit | undefined;
	/**
	 * Waits for a permit: until the pause is over, the pace allows it, and the origin has a place.
	 *
	 * @throws {GateClosed} When the origin is not to be asked any more in this run.
	 * @throws The signal's reason, when it is aborted.
	 */
	enter(origin: string, signal: AbortSignal): Promise<Permit>;
	/** What makes requests to an origin wait right now; absent where that is known elsewhere. */
	holdOf?(origin: string): Hold | undefined;
}

/** Why an origin makes its requests wait. Plain data. */
export type Hold =
	/** It asked for that; until so many milliseconds since the Unix epoch. */
	| { readonly kind: 'paused'; readonly untilMs: number }
	/** It has refused, and is asked at the pace that it has shown to bear. */
	| { readonly kind: 'paced' }
	/** By the rate of the options. */
	| { readonly kind: 'rated' }
	/** As many are in flight as the options allow per host. */
	| { readonly kind: 'crowded' };

export interface Permit {
	/** True where the origin was paused since: then hand it back as `unused` and enter again. */
	isStale(): boolean;
	leave(report: Report): void;
}

/** What came of a request, as far as its origin is concerned. Plain data. */
export type Report =
	/** The server answered, whatever it said. */
	| { readonly kind: 'answered' }
	/** With `Retry-After`, in milliseconds: 429 names a rate, 503 may be an outage. */
	| { readonly kind: 'refused'; readonly status: 429 | 503; readonly retryAfterMs: number }
	/** No connection: refused, DNS, TLS, connect time-out. */
	| { readonly kind: 'unreachable'; readonly code: string }
	/** The connection broke or fell silent: says nothing about the origin. */
	| { readonly kind: 'broken' }
	| { readonly kind: 'unused' };

/** Why an origin is not asked any more. */
export class GateClosed extends Error {
	readonly code: 'origin_down' | 'rate_limited';

	constructor(code: 'origin_down' | 'rate_limited', message: string) {
		super(message);
		this.code = code;
	}
}

/** The longest `Retry-After` that is waited for, in milliseconds. */
export const RETRY_AFTER_MAX_MS = 60_000;
