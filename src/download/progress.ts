import type { Target } from '../targets/target.ts';
import type { Exchange } from './http/exchange.ts';
import type { OriginLimiter, ThrottleReason } from './origin/limiter.ts';
import { nowMs } from './outcome.ts';

/** Targets in flight for no longer than this are not shown. */
const SLOW_AFTER_MS = 2000;
const MAX_SLOWEST = 3;

/** A target in flight, and what it waits for. Plain data: it crosses threads. */
export interface InFlight {
	readonly id: string;
	readonly url: string;
	/** Index of the target in the list. */
	readonly index: number;
	/** Start in milliseconds since the Unix epoch; waiting for the first slot is not counted. */
	readonly startMs: number;
	readonly wait: Wait;
}

/** Times are milliseconds since the Unix epoch. */
export type Wait =
	/** For a retry after a failure with this code. */
	| { readonly kind: 'back_off'; readonly untilMs: number; readonly code: string }
	/** For its origin; `throttle` is absent if only the main thread knows. */
	| { readonly kind: 'origin'; readonly origin: string; readonly throttle?: ThrottleReason }
	/** For a connection. */
	| { readonly kind: 'connection'; readonly sinceMs: number }
	/** For the first byte of the response. */
	| { readonly kind: 'answer'; readonly sinceMs: number }
	/** For the rest of the body; `lastByteMs` is the last snapshot that saw new bytes. */
	| { readonly kind: 'body'; readonly bytes: number; readonly lastByteMs: number }
	/** For the disk. */
	| { readonly kind: 'disk'; readonly bytes: number };

/** Receives a function that can be polled for the slowest targets while the downloads run. */
export type OnProgressSource = (slowest: Slowest) => void;

/** @returns At most three targets in flight for longer than two seconds, the slowest first. */
export type Slowest = () => readonly InFlight[];

/** The progress of all downloads of one thread. */
export class ProgressTracker {
	readonly #limiter: OriginLimiter;
	readonly #open = new Set<TargetProgress>();

	constructor(limiter: OriginLimiter) {
		this.#limiter = limiter;
	}

	begin(target: Target): TargetProgress {
		const progress = new TargetProgress(target);
		this.#open.add(progress);
		return progress;
	}

	end(progress: TargetProgress): void {
		this.#open.delete(progress);
	}

	/** Implements {@link Slowest}. Call it regularly: it detects silence by comparing snapshots. */
	slowest(atMs: number = nowMs()): readonly InFlight[] {
		const seen = [...this.#open].map((progress) => progress.snapshot(atMs));
		return slowestOf(
			seen.filter((one) => one !== undefined),
			this.#limiter,
			atMs,
		);
	}
}

/** @param limiter - Explains why it throttles requests. */
export function slowestOf(
	seen: readonly InFlight[],
	limiter: OriginLimiter,
	atMs: number = nowMs(),
): readonly InFlight[] {
	const targets = new Map<number, InFlight>();
	const slow = seen.filter(({ startMs }) => atMs - startMs > SLOW_AFTER_MS);
	for (const one of slow.sort((a, b) => a.startMs - b.startMs)) {
		const first = targets.get(one.index);
		if (first === undefined) {
			targets.set(one.index, one);
		}
		// Of several mirrors, prefer the one that is sending.
		else if (one.wait.kind === 'body') {
			targets.set(one.index, { ...first, wait: one.wait });
		}
	}
	return [...targets.values()]
		.slice(0, MAX_SLOWEST)
		.map((one) => ({ ...one, wait: withThrottle(one.wait, limiter) }));
}

function withThrottle(wait: Wait, limiter: OriginLimiter): Wait {
	if (wait.kind !== 'origin') {
		return wait;
	}
	const throttle = limiter.throttleOf?.(wait.origin);
	return throttle === undefined ? wait : { ...wait, throttle };
}

/**
 * Progress of one target. Updates set only a few fields, because they are far more frequent than
 * snapshots, which do the work.
 */
export class TargetProgress {
	readonly #target: Target;
	#state: 'slot' | 'origin' | 'request' | 'back_off' = 'slot';
	#startMs: number | undefined;
	#origin = '';
	#exchange: Exchange | undefined;
	#sentMs = 0;
	#untilMs = 0;
	#code = '';
	/** Bytes of the body at the last snapshot, and the first snapshot that saw them. */
	#seenBytes = 0;
	#seenMs = 0;

	constructor(target: Target) {
		this.#target = target;
	}

	waitsForOrigin(origin: string): void {
		this.#startMs ??= nowMs();
		this.#state = 'origin';
		this.#origin = origin;
	}

	waitsForSlot(): void {
		this.#state = 'slot';
	}

	waitsForResponse(exchange: Exchange, sentMs: number): void {
		this.#startMs ??= sentMs;
		this.#state = 'request';
		this.#exchange = exchange;
		this.#sentMs = sentMs;
		this.#seenBytes = 0;
		this.#seenMs = 0;
	}

	/** @param code - Code of the failure. */
	backsOff(waitMs: number, code: string): void {
		this.#state = 'back_off';
		this.#untilMs = nowMs() + waitMs;
		this.#code = code;
	}

	/** @returns Undefined while it waits for a slot, since then other targets are slow. */
	snapshot(atMs: number): InFlight | undefined {
		const wait = this.#waitAt(atMs);
		if (wait === undefined || this.#startMs === undefined) {
			return undefined;
		}
		const { id, url, index } = this.#target;
		return { id, url, index, startMs: this.#startMs, wait };
	}

	#waitAt(atMs: number): Wait | undefined {
		switch (this.#state) {
			case 'slot':
				return undefined;
			case 'origin':
				return { kind: 'origin', origin: this.#origin };
			case 'request':
				return this.#exchange && this.#waitIn(this.#exchange, atMs);
			case 'back_off':
				return { kind: 'back_off', untilMs: this.#untilMs, code: this.#code };
		}
	}

	#waitIn({ connection, headersMs, bodyMs, bytes }: Exchange, atMs: number): Wait {
		if (headersMs === undefined) {
			return { kind: connection ? 'answer' : 'connection', sinceMs: this.#sentMs };
		}
		if (bodyMs !== undefined) {
			return { kind: 'disk', bytes };
		}
		if (bytes !== this.#seenBytes) {
			this.#seenBytes = bytes;
			this.#seenMs = atMs;
		}
		return { kind: 'body', bytes, lastByteMs: Math.max(headersMs, this.#seenMs) };
	}
}
