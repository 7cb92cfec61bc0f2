import type { ThrottleReason } from './origin/limiter.ts';

/** A target that is being fetched, and what it waits for. Plain data: it crosses threads. */
export interface InFlight {
	readonly id: string;
	readonly url: string;
	/** Of the target, in the list. */
	readonly index: number;
	/** Since when, in milliseconds since the Unix epoch; waiting for the first slot is not counted. */
	readonly startMs: number;
	readonly wait: Wait;
}

/** Times are milliseconds since the Unix epoch. */
export type Wait =
	/** For a try after one that failed with this code. */
	| { readonly kind: 'back_off'; readonly untilMs: number; readonly code: string }
	/** For its origin; `throttle` is absent where only the main thread knows. */
	| { readonly kind: 'origin'; readonly origin: string; readonly throttle?: ThrottleReason }
	/** For a connection. */
	| { readonly kind: 'connection'; readonly sinceMs: number }
	/** For the first byte of the answer. */
	| { readonly kind: 'answer'; readonly sinceMs: number }
	/** For the rest of the body; the last byte was seen at `lastByteMs`, when somebody looked. */
	| { readonly kind: 'body'; readonly bytes: number; readonly lastByteMs: number }
	/** For the disk. */
	| { readonly kind: 'disk'; readonly bytes: number };
