import type { Limits } from '../../scenarios/scenario.ts';
import { statusAnswer } from '../faults/fault-response.ts';
import type { Answer } from '../response.ts';

/** Refuses requests beyond the limits; those refused are no attempts. */
export class RequestLimiter {
	readonly #limits: Limits;
	readonly #window: SlidingWindow | undefined;

	constructor(limits: Limits) {
		this.#limits = limits;
		this.#window = limits.rate && new SlidingWindow(limits.rate.requests, limits.rate.windowMs);
	}

	/**
	 * @param inFlight - This one included.
	 * @returns The refusal, or `undefined` where the request may go on.
	 */
	refuse(nowMs: number, inFlight: number): Answer | undefined {
		const { maxInFlight = Number.POSITIVE_INFINITY, rate } = this.#limits;
		if (inFlight > maxInFlight) {
			return statusAnswer(503, { seconds: 1, form: 'seconds' });
		}
		if (this.#window === undefined || this.#window.letIn(nowMs)) {
			return undefined;
		}

		const seconds = rate?.retryAfterSeconds;
		return statusAnswer(429, seconds === undefined ? undefined : { seconds, form: 'seconds' });
	}

	reset(): void {
		this.#window?.reset();
	}
}

/** Lets in at most so many within any window of that length, however they are spread. */
export class SlidingWindow {
	readonly #windowMs: number;
	/** When the last ones were let in; a ring whose next place holds the oldest. */
	readonly #letInMs: Float64Array;
	#next = 0;

	constructor(requests: number, windowMs: number) {
		this.#windowMs = windowMs;
		this.#letInMs = new Float64Array(requests).fill(Number.NEGATIVE_INFINITY);
	}

	/** @param nowMs - On a clock that does not go back. Those refused do not count. */
	letIn(nowMs: number): boolean {
		const oldestMs = this.#letInMs[this.#next] ?? Number.NEGATIVE_INFINITY;
		if (nowMs - oldestMs < this.#windowMs) {
			return false;
		}

		this.#letInMs[this.#next] = nowMs;
		this.#next = (this.#next + 1) % this.#letInMs.length;
		return true;
	}

	reset(): void {
		this.#letInMs.fill(Number.NEGATIVE_INFINITY);
	}
}
