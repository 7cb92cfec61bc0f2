import type { Limits } from '../scenarios/scenario.ts';
import type { Answer } from './answer.ts';
import { statusAnswer } from './fault-answer.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Refuses requests beyond the limits; those refused are no attempts. */
export class Gatekeeper {
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
