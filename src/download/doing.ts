import type { Target } from '../targets/target.ts';
import type { Exchange } from './exchange.ts';
import type { InFlight, Wait } from './in-flight.ts';
import { nowMs } from './outcome.ts';

/**
 * What is being done about one target: noted where it happens, in a few fields, because it happens
 * far more often than anybody asks. Whoever asks does the work.
 */
export class Doing {
	readonly #target: Target;
	#state: 'slot' | 'origin' | 'request' | 'back_off' = 'slot';
	#startMs: number | undefined;
	#origin = '';
	#exchange: Exchange | undefined;
	#sentMs = 0;
	#untilMs = 0;
	#code = '';
	/** What whoever asked last saw of the body, and when it was new. */
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

	waitsForAnswer(exchange: Exchange, sentMs: number): void {
		this.#startMs ??= sentMs;
		this.#state = 'request';
		this.#exchange = exchange;
		this.#sentMs = sentMs;
		this.#seenBytes = 0;
		this.#seenMs = 0;
	}

	/** @param code - Of the failure before. */
	backsOff(waitMs: number, code: string): void {
		this.#state = 'back_off';
		this.#untilMs = nowMs() + waitMs;
		this.#code = code;
	}

	/** @returns Undefined while it waits for a slot: others have them, and are what is waited for. */
	look(atMs: number): InFlight | undefined {
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
