import type { Exchange } from '../http/exchange.ts';
import { nowMs } from '../outcome.ts';
import { AttemptTimeoutError } from './connection-error.ts';

/**
 * Ends what has been in flight for too long.
 *
 * One timer for all of them: they all may take equally long, so the oldest is the next to be ended.
 */
export class AttemptTimeouts {
	readonly #inFlight: ReadonlySet<Exchange>;
	readonly #maxTimeMs: number;
	#timer: NodeJS.Timeout | undefined;

	/** @param inFlight - In the order in which they were sent. */
	constructor(inFlight: ReadonlySet<Exchange>, maxTimeMs: number) {
		this.#inFlight = inFlight;
		this.#maxTimeMs = maxTimeMs;
	}

	/** One more has been sent. */
	watch(): void {
		this.#timer ??= setTimeout(() => this.#check(), this.#maxTimeMs).unref();
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	#check(): void {
		this.#timer = undefined;
		for (const exchange of this.#inFlight) {
			const leftMs = exchange.startMs + this.#maxTimeMs - nowMs();
			if (leftMs > 0) {
				this.#timer = setTimeout(() => this.#check(), Math.ceil(leftMs)).unref();
				return;
			}
			exchange.abort(new AttemptTimeoutError(this.#maxTimeMs));
		}
	}
}
