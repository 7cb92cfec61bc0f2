import type { Exchange } from '../http/exchange.ts';
import type { DownloadOptions } from '../options.ts';
import { nowMs } from '../outcome.ts';
import { AttemptTimeoutError, TooSlowError } from './connection-error.ts';

/**
 * Aborts exchanges that exceed `maxTimeMs`.
 *
 * One timer suffices: all exchanges have the same limit, so the oldest expires first.
 */
export class AttemptTimeouts {
	readonly #inFlight: readonly Exchange[];
	readonly #maxTimeMs: number;
	#timer: NodeJS.Timeout | undefined;

	constructor(inFlight: readonly Exchange[], maxTimeMs: number) {
		this.#inFlight = inFlight;
		this.#maxTimeMs = maxTimeMs;
	}

	/** Call it when an exchange has been sent. */
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

/** Sampling interval. */
const TICK_MS = 1000;

/**
 * Aborts exchanges whose average over a window of `--speed-time` is below the limit.
 *
 * Only time in which the socket is read counts, from the first byte of the header. A tick delayed by
 * the event loop counts once, and one in which the exchange was paused not at all: a slow disk or a
 * busy process must not make a server too slow.
 *
 * One timer for all exchanges, and none while nothing is in flight.
 */
export class SpeedLimit {
	readonly #inFlight: readonly Exchange[];
	readonly #limitBytesPerSecond: number;
	readonly #tickMs: number;
	readonly #windowTicks: number;
	/** Only of exchanges in flight at a tick; small files never are. */
	readonly #windows = new WeakMap<Exchange, Window>();
	#timer: NodeJS.Timeout | undefined;

	constructor(
		inFlight: readonly Exchange[],
		{ speedLimitBytesPerSecond, speedTimeMs, stallTimeMs }: DownloadOptions,
	) {
		// Silence has its own limit, which must apply first.
		const windowMs = Math.max(speedTimeMs, stallTimeMs);
		this.#inFlight = inFlight;
		this.#limitBytesPerSecond = speedLimitBytesPerSecond;
		this.#tickMs = Math.min(TICK_MS, windowMs);
		this.#windowTicks = Math.ceil(windowMs / this.#tickMs);
	}

	/** Call it when an exchange has been sent. */
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
			this.#measure(exchange);
		}
		if (this.#inFlight.length > 0) {
			this.watch();
		}
	}

	#measure(exchange: Exchange): void {
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

/** A measuring window of an exchange. */
interface Window {
	/** Ticks in which its socket was read. */
	ticks: number;
	/** Bytes received before the window. */
	readonly bytesBefore: number;
}
