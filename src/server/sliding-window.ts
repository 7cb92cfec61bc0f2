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
