import type { Exchange } from '../http/exchange.ts';
import type { DownloadOptions } from '../options.ts';
import { nowMs } from '../outcome.ts';
import { AttemptTimeoutError, TooSlowError } from './connection-error.ts';

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

/** How often the bytes are looked at. */
const TICK_MS = 1000;

/**
 * Ends what trickles: each exchange is judged by its average over windows of `--speed-time`.
 *
 * Only time in which the socket is read counts, from the first byte of the header. A tick that the
 * event loop delays counts as one tick, and one in which the exchange was paused as none: neither a
 * slow disk nor a busy process makes a server too slow.
 *
 * One timer for all of them, and none while nothing is in flight.
 */
export class SpeedLimit {
	readonly #inFlight: readonly Exchange[];
	readonly #limitBytesPerSecond: number;
	readonly #tickMs: number;
	readonly #windowTicks: number;
	/** Of what has been in flight at a tick: a small file never is. */
	readonly #windows = new WeakMap<Exchange, Window>();
	#timer: NodeJS.Timeout | undefined;

	constructor(
		inFlight: readonly Exchange[],
		{ speedLimitBytesPerSecond, speedTimeMs, stallTimeMs }: DownloadOptions,
	) {
		// Silence is not judged sooner than by its own limit.
		const windowMs = Math.max(speedTimeMs, stallTimeMs);
		this.#inFlight = inFlight;
		this.#limitBytesPerSecond = speedLimitBytesPerSecond;
		this.#tickMs = Math.min(TICK_MS, windowMs);
		this.#windowTicks = Math.ceil(windowMs / this.#tickMs);
	}

	/** One more has been sent. */
	watch(): void {
		this.#timer ??= setTimeout(() => this.#tick(), this.#tickMs).unref();
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	#tick(): void {
		this.#timer = undefined;
		for (const exchange of [...this.#inFlight]) {
			this.#judge(exchange);
		}
		if (this.#inFlight.length > 0) {
			this.watch();
		}
	}

	#judge(exchange: Exchange): void {
		const { receivedBytes } = exchange;
		if (receivedBytes === 0 || exchange.takeWasPaused()) {
			return;
		}
		const window = this.#windows.get(exchange);
		if (window === undefined) {
			this.#windows.set(exchange, { ticks: 0, bytesBefore: receivedBytes });
			return;
		}
		window.ticks += 1;
		if (window.ticks < this.#windowTicks) {
			return;
		}
		const bytes = receivedBytes - window.bytesBefore;
		const seconds = (this.#windowTicks * this.#tickMs) / 1000;
		if (bytes < this.#limitBytesPerSecond * seconds) {
			exchange.abort(new TooSlowError(bytes, seconds, this.#limitBytesPerSecond));
		} else {
			this.#windows.set(exchange, { ticks: 0, bytesBefore: receivedBytes });
		}
	}
}

/** The time in which an exchange is judged once. */
interface Window {
	/** In which its socket was read. */
	ticks: number;
	/** Received before it. */
	readonly bytesBefore: number;
}
