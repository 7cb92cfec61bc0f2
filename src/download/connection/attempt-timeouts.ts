import type { Exchange } from '../http/exchange.ts';
import { nowMs } from '../outcome.ts';
import { AttemptTimeoutError } from './connection-error.ts';

/**
 * Ends what has been in flight for too long.
 *
 * One timer for all of them: they all may take equally long, so the oldest is the next to be ended.
 */
export class AttemptTimeouts {
	readonly #inFlight: readonly Exchange[];
	readonly #maxTimeMs: number;
	#timer: NodeJS.Timeout | undefined;

	constructor(inFlight: readonly Exchange[], maxTimeMs: number) {
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
		const now = nowMs();
		let firstMs = Number.POSITIVE_INFINITY;
		for (const exchange of [...this.#inFlight]) {
			const leftMs = exchange.startMs + this.#maxTimeMs - now;
			if (leftMs > 0) {
				firstMs = Math.min(firstMs, leftMs);
			} else {
				exchange.abort(new AttemptTimeoutError(this.#maxTimeMs));
			}
		}
		this.#timer = undefined;
		if (firstMs !== Number.POSITIVE_INFINITY) {
			this.#timer = setTimeout(() => this.#check(), Math.ceil(firstMs)).unref();
		}
	}
}
